/** Runs one call of the server against the agent's NodeConnection, and says how it ended in the trailers. */
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from '#base/streams.ts';
import type { ExecIO, ExecRequest, NodeConnection, PodReference, TerminalSize } from '#api/node-connection.ts';
import type { PodLogOptions } from '#api/pod-log-options.ts';
import { writeChunk } from '#host/http/socket-duplex.ts';
import {
  encodeFrame,
  errorTrailer,
  frameType,
  fromHeader,
  readFrames,
  resultTrailer,
  statusOf,
  toHeader,
} from '#host/tunnel/protocol.ts';
import { Channel } from '#base/channel.ts';

export interface IncomingCall {
  readonly path: string;
  /** The header, still encoded. */
  readonly request: string;
}

export async function serveCall(node: NodeConnection, stream: ServerHttp2Stream, call: IncomingCall): Promise<void> {
  const answer = new Answer(stream);
  try {
    answer.succeed(await run(node, stream, { call, answer }));
  } catch (error) {
    answer.fail(error);
  }
}

function run(
  node: NodeConnection,
  stream: ServerHttp2Stream,
  { call, answer }: { call: IncomingCall; answer: Answer },
): Promise<unknown> {
  const signal = signalOf(stream);
  switch (call.path) {
    case '/logs': {
      const { pod, container, options } = fromHeader<{ pod: PodReference; container: string; options: PodLogOptions }>(
        call.request,
      );
      return sendAll(node.logs(pod, container, options, signal), answer);
    }
    case '/exec':
      return withIO(stream, answer, (io) => node.exec(fromHeader<ExecRequest>(call.request), io, signal));
    case '/attach':
      return withIO(stream, answer, (io) => node.attach(fromHeader<ExecRequest>(call.request), io, signal));
    case '/portforward': {
      const { pod, port } = fromHeader<{ pod: PodReference; port: number }>(call.request);
      return splice(stream, answer, node.portForward(pod, port));
    }
    case '/dial': {
      const { host, port } = fromHeader<{ host: string; port: number }>(call.request);
      return splice(stream, answer, node.dial(host, port));
    }
    default:
      return Promise.reject(new Error(`no such call: ${call.path}`));
  }
}

/** Aborted when the server gave up the call. */
function signalOf(stream: ServerHttp2Stream): AbortSignal {
  const controller = new AbortController();
  stream.once('close', () => controller.abort(new Error('the server closed the call')));
  return controller.signal;
}

/**
 * Headers go out with the first byte, so that a refusal can still be one; the end goes out with trailers.
 * Invariant: exactly one of succeed and fail ends the stream.
 */
class Answer {
  readonly #stream: ServerHttp2Stream;
  #trailers: Record<string, string> = {};

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    stream.once('wantTrailers', () => stream.sendTrailers(this.#trailers));
  }

  /** Tells the server that the call is taken. */
  start(): void {
    if (!this.#stream.headersSent && !this.#stream.destroyed)
      this.#stream.respond({ ':status': 200 }, { waitForTrailers: true });
  }

  write(chunk: Uint8Array): Promise<void> {
    this.start();
    return writeChunk(this.#stream, chunk);
  }

  succeed(result: unknown): void {
    this.start();
    this.#trailers = { [resultTrailer]: toHeader(result) };
    this.#stream.end();
  }

  fail(error: unknown): void {
    if (this.#stream.destroyed) return;
    const status = statusOf(error);
    if (this.#stream.headersSent) {
      this.#trailers = { [errorTrailer]: toHeader(status) };
      this.#stream.end();
      return;
    }
    this.#stream.respond({ ':status': status.code ?? 500, 'content-type': 'application/json' });
    this.#stream.end(JSON.stringify(status));
  }
}

async function sendAll(chunks: AsyncIterable<Uint8Array>, answer: Answer): Promise<void> {
  for await (const chunk of chunks) await answer.write(chunk);
}

async function withIO<R>(stream: ServerHttp2Stream, answer: Answer, runWith: (io: ExecIO) => Promise<R>): Promise<R> {
  const stdin = new Channel<Uint8Array>(16);
  const resizes = new Channel<TerminalSize>(1024);
  void receive(stream, stdin, resizes);
  const result = await runWith({
    stdin,
    resizes,
    stdout: (chunk) => answer.write(encodeFrame(frameType.stdout, chunk)),
    stderr: (chunk) => answer.write(encodeFrame(frameType.stderr, chunk)),
  });
  stdin.end();
  resizes.end();
  return result;
}

/** Sorts what the client sends; ends both queues when it stops. */
async function receive(
  stream: ServerHttp2Stream,
  stdin: Channel<Uint8Array>,
  resizes: Channel<TerminalSize>,
): Promise<void> {
  try {
    for await (const { type, payload } of readFrames(stream as AsyncIterable<Uint8Array>)) {
      if (type === frameType.stdin) await stdin.push(payload);
      else if (type === frameType.stdinEnd) stdin.end();
      else if (type === frameType.resize)
        await resizes.push(JSON.parse(Buffer.from(payload).toString()) as TerminalSize);
    }
    stdin.end();
  } catch {
    stdin.end(new Error('the client is gone'));
  } finally {
    resizes.end();
  }
}

/** Bytes both ways until both sides have ended. */
async function splice(stream: ServerHttp2Stream, answer: Answer, connecting: Promise<Duplex>): Promise<void> {
  const duplex = await connecting;
  answer.start();
  stream.once('close', () => duplex.destroy());
  void forward(stream as AsyncIterable<Uint8Array>, duplex);
  await sendAll(duplex.readable, answer);
}

async function forward(from: AsyncIterable<Uint8Array>, to: Duplex): Promise<void> {
  try {
    for await (const chunk of from) await to.write(chunk);
    to.end();
  } catch (error) {
    to.destroy(error instanceof Error ? error : undefined);
  }
}
