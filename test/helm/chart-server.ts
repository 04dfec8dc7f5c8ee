/** A chart repository for tests: files over HTTP or HTTPS on the loopback, with basic authentication if that is wanted. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pack } from 'tar-stream';
import { gzipSync } from 'node:zlib';

/** A running server. */
export interface ChartServer {
  readonly url: string;
  readonly port: number;
  /** Path to body; may be changed while it runs. */
  readonly files: Map<string, Uint8Array | string>;
  /** `GET /index.yaml Basic …` of each request. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** What a server asks for. */
export interface ChartServerOptions {
  readonly tls?: ServerOptions;
  readonly user?: { readonly name: string; readonly password: string };
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startChartServer(options: ChartServerOptions = {}): Promise<ChartServer> {
  const files = new Map<string, Uint8Array | string>();
  const requests: string[] = [];
  const wanted = options.user && `Basic ${btoa(`${options.user.name}:${options.user.password}`)}`;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { authorization = '' } = request.headers;
    requests.push(`${request.method} ${request.url} ${authorization}`.trim());
    const path = decodeURIComponent((request.url ?? '').replace(/\?.*$/, ''));
    const body = files.get(path);
    if (wanted !== undefined && authorization !== wanted) response.writeHead(401).end('who are you?');
    else if (typeof body === 'string' && body.startsWith('redirect:'))
      response.writeHead(302, { location: body.slice('redirect:'.length) }).end();
    else if (body === undefined) response.writeHead(404).end('not here');
    else response.writeHead(200).end(body);
  };
  const server: Server = options.tls === undefined ? createServer(answer) : createSecureServer(options.tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    files,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A chart's archive of files by name. */
export async function chartArchive(name: string, files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const tar = pack();
  for (const [path, text] of Object.entries(files)) tar.entry({ name: `${name}/${path}`, mtime: new Date(0) }, text);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
}

/** A small chart's archive. */
export function smallChart(name: string, version: string, more = ''): Promise<Uint8Array> {
  return chartArchive(name, {
    'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n${more}`,
    'values.yaml': 'a: 1\n',
    'templates/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\n',
  });
}
