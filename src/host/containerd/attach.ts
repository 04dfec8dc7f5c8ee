/**
 * Attaching to a container's own process through containerd's stream server on 127.0.0.1, over SPDY: its WebSocket cannot
 * say that stdin has ended, and takes a connection without stdin for one whose stdin has ended.
 */
import type { ExecIO, ExecRequest } from '#api/node-connection.ts';
import { SpdyClient } from '#host/containerd/spdy-client.ts';

/** `urlFor` asks CRI for a URL for the given streams. Resolves when the process has ended or `signal` is aborted. */
export async function attachContainer(
  urlFor: (streams: object) => Promise<string>,
  request: Pick<ExecRequest, 'tty' | 'stdin'>,
  io: ExecIO,
  signal: AbortSignal,
): Promise<void> {
  const { tty, stdin } = request;
  const url = await urlFor({ stdin, tty, stdout: true, stderr: !tty });
  const types = ['error', ...(stdin ? ['stdin'] : []), 'stdout', ...(tty ? ['resize'] : ['stderr'])];
  const client = await SpdyClient.connect(url, types, {
    async onData(type, chunk) {
      if (type === 'stdout') await io.stdout(chunk);
      else if (type === 'stderr') await io.stderr(chunk);
    },
  });
  const close = (): void => client.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    if (signal.aborted) close();
    if (stdin) void feed(client, io).catch(close);
    if (tty) void resize(client, io).catch(() => undefined);
    await client.closed;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

async function feed(client: SpdyClient, io: ExecIO): Promise<void> {
  for await (const chunk of io.stdin) await client.write('stdin', chunk);
  await client.end('stdin');
}

async function resize(client: SpdyClient, io: ExecIO): Promise<void> {
  for await (const { width, height } of io.resizes)
    await client.write('resize', Buffer.from(JSON.stringify({ Width: width, Height: height })));
}
