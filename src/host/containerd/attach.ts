/**
 * Attaching to a container's own process through containerd's stream server on 127.0.0.1, over WebSocket (v4.channel.k8s.io).
 * That protocol cannot say "end of stdin", so stdin has a connection of its own, which is closed at its end.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ExecIO, ExecRequest } from '#api/node-connection.ts';

const subprotocol = 'v4.channel.k8s.io';
/**
 * The stream server answers the handshake before it has joined the container's output, and tells nobody when it has:
 * what the process says to the first input would be lost.
 */
const joinDelayMs = 50;
const channels = { stdin: 0, stdout: 1, stderr: 2, resize: 4 } as const;

/** `urlFor` asks CRI for a URL for the given streams. Resolves when the process has ended or `signal` is aborted. */
export async function attachContainer(
  urlFor: (streams: object) => Promise<string>,
  request: Pick<ExecRequest, 'tty' | 'stdin'>,
  io: ExecIO,
  signal: AbortSignal,
): Promise<void> {
  const output = await connect(await urlFor({ stdin: false, tty: request.tty, stdout: true, stderr: !request.tty }));
  const input = request.stdin
    ? await connect(await urlFor({ stdin: true, tty: request.tty, stdout: false, stderr: false }))
    : undefined;
  const close = (): void => {
    output.terminate();
    input?.terminate();
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    if (input !== undefined) void feed(input, io.stdin).catch(() => input.terminate());
    if (request.tty) void resize(output, io).catch(() => undefined);
    if (signal.aborted) close();
    await receive(output, io);
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

function connect(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), [subprotocol], { perMessageDeflate: false });
    // Frames may follow the handshake in the same packet: hold them back until a listener is there.
    socket.once('open', () => {
      socket.pause();
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

async function feed(socket: WebSocket, stdin: AsyncIterable<Uint8Array>): Promise<void> {
  socket.on('error', () => undefined);
  socket.resume();
  await delay(joinDelayMs);
  for await (const chunk of stdin) await send(socket, channels.stdin, chunk);
  socket.close(1000);
}

async function resize(socket: WebSocket, io: ExecIO): Promise<void> {
  for await (const { width, height } of io.resizes)
    await send(socket, channels.resize, Buffer.from(JSON.stringify({ Width: width, Height: height })));
}

function send(socket: WebSocket, channel: number, data: Uint8Array): Promise<void> {
  const frame = Buffer.allocUnsafe(data.length + 1);
  frame[0] = channel;
  frame.set(data, 1);
  return new Promise((resolve, reject) => socket.send(frame, (error) => (error == null ? resolve() : reject(error))));
}

function receive(socket: WebSocket, io: ExecIO): Promise<void> {
  return new Promise((resolve) => {
    let queue = Promise.resolve();
    let waiting = 0;
    socket.on('message', (data: Buffer) => {
      const body = data.subarray(1);
      if (body.length === 0 || (data[0] !== channels.stdout && data[0] !== channels.stderr)) return;
      if (++waiting === 1) socket.pause();
      const write = data[0] === channels.stdout ? io.stdout(body) : io.stderr(body);
      queue = Promise.all([queue, write]).then(
        () => {
          if (--waiting === 0) socket.resume();
        },
        () => socket.terminate(),
      );
    });
    socket.on('error', () => undefined);
    socket.on('close', () => void queue.finally(resolve));
    socket.resume();
  });
}
