/** The ProbeTransport port over sockets. Connections are fresh each time, certificates are not verified, as upstream's probes. */
import { Client, credentials, type ServiceError, status as grpcStatus } from '@grpc/grpc-js';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from '#base/streams.ts';
import type { HttpProbe, ProbeTransport } from '#kubelet/machine.ts';

const bodyLimitBytes = 10 * 1024;
const mostRedirects = 10;
const deadlineText = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
const connectTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
  EADDRNOTAVAIL: 'cannot assign requested address',
};
const servingTexts = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

export const probeTransport: ProbeTransport = { http: probeHttp, tcp: probeTcp, grpc: probeGrpc, dial };

async function probeHttp(
  probe: HttpProbe,
  timeoutMs: number,
): Promise<{ status: number; body: string; location?: string }> {
  const deadline = performance.now() + timeoutMs;
  let current = probe;
  for (let redirects = 0; ; redirects++) {
    const answer = await get(current, Math.max(1, deadline - performance.now()));
    if (answer.location === undefined || answer.status < 300 || answer.status >= 400 || redirects >= mostRedirects)
      return { status: answer.status, body: answer.body };
    const url = new URL(
      answer.location,
      `${current.scheme}://${hostText(current.host)}:${current.port}${current.path}`,
    );
    if (url.hostname !== hostText(probe.host)) return answer as { status: number; body: string; location: string };
    const scheme = url.protocol === 'https:' ? 'https' : 'http';
    current = {
      ...probe,
      scheme,
      port: Number(url.port === '' ? (scheme === 'https' ? 443 : 80) : url.port),
      path: `${url.pathname}${url.search}`,
    };
  }
}

function get(
  probe: HttpProbe,
  timeoutMs: number,
): Promise<{ status: number; body: string; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = {};
    for (const { name, value } of probe.headers) headers[name] = value;
    const options = {
      host: probe.host,
      port: probe.port,
      path: probe.path,
      headers,
      agent: false,
      rejectUnauthorized: false,
      timeout: timeoutMs,
    } as const;
    const call = (probe.scheme === 'https' ? httpsRequest : httpRequest)(options, (answer) => {
      readBody(answer).then((body) => {
        clearTimeout(timer);
        resolve({ status: answer.statusCode ?? 0, body, location: answer.headers.location });
      }, reject);
    });
    const timer = setTimeout(() => {
      reject(new Error(deadlineText));
      call.destroy();
    }, timeoutMs);
    call.once('error', (error) => {
      clearTimeout(timer);
      reject(new Error(connectText(error, probe.host, probe.port)));
    });
    call.end();
  });
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= bodyLimitBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bodyLimitBytes).toString('utf8');
}

function probeTcp(host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      reject(new Error(`dial tcp ${hostText(host)}:${port}: i/o timeout`));
    });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (error) => reject(new Error(connectText(error, host, port))));
  });
}

function connectText(error: NodeJS.ErrnoException, host: string, port: number): string {
  const text = connectTexts[error.code ?? ''];
  return text === undefined ? error.message : `dial tcp ${hostText(host)}:${port}: connect: ${text}`;
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** grpc.health.v1: the request's only field is the service name, the answer's only field the status. */
function probeGrpc(
  host: string,
  port: number,
  { service, timeoutMs }: { readonly service: string; readonly timeoutMs: number },
): Promise<string> {
  const address = `${hostText(host)}:${port}`;
  const client = new Client(address, credentials.createInsecure());
  const name = Buffer.from(service);
  const encode = (): Buffer =>
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  return new Promise<string>((resolve, reject) => {
    const done = (error: ServiceError | null, answer?: Buffer): void => {
      client.close();
      if (error !== null) reject(new Error(grpcText(error, address, timeoutMs)));
      else resolve(servingTexts[answer?.[1] ?? 0] ?? 'UNKNOWN');
    };
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      encode,
      (bytes: Buffer) => bytes,
      {},
      { deadline: Date.now() + timeoutMs },
      done,
    );
  });
}

function grpcText(error: ServiceError, address: string, timeoutMs: number): string {
  if (error.code === grpcStatus.UNIMPLEMENTED)
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`;
  if (error.code === grpcStatus.DEADLINE_EXCEEDED)
    return `timeout: health rpc did not complete within ${timeoutMs / 1000}s`;
  if (error.code === grpcStatus.UNAVAILABLE)
    return `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: context deadline exceeded`;
  return `error: health rpc probe failed: ${error.message}`;
}

function dial(host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    socket.once('error', (error) => reject(new Error(connectText(error, host, port))));
    socket.once('connect', () => resolve(socketDuplex(socket)));
  });
}

function socketDuplex(socket: Socket): Duplex {
  socket.removeAllListeners('error');
  socket.on('error', () => undefined);
  return {
    readable: socket,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        socket.write(chunk, (error) => (error == null ? resolve() : reject(error)));
      }),
    end: () => void socket.end(),
    destroy: (error) => void socket.destroy(error),
  };
}
