/** A terminal over SPDY/3.1: the client opens one stream for each of error, stdin, stdout, stderr and resize. */
import { Channel } from '#base/channel.ts';
import type { Duplex } from '#base/streams.ts';
import type { TerminalSize } from '#api/node-connection.ts';
import { badRequest } from '#api/status.ts';
import type { RemoteTerminal, Streams } from '#apiserver/subresources/remote-command.ts';
import { terminalSize } from '#apiserver/subresources/websocket-terminal.ts';
import { SpdySession, type SpdyStream } from '#wire/spdy/session.ts';

const encoder = new TextEncoder();

/** Resolves once the client has opened what it asked for. */
export async function openSpdyTerminal(
  connection: Duplex,
  options: { protocol: string; streams: Streams; signal: AbortSignal },
): Promise<RemoteTerminal> {
  const { protocol, streams, signal } = options;
  const session = new SpdySession(connection);
  const gone = new AbortController();
  const opened = await collect(session, wantedStreams(streams, protocol), () =>
    gone.abort(new Error('the client is gone')),
  );
  const resizes = new Channel<TerminalSize>(1024);
  const resize = opened.get('resize');
  if (resize !== undefined) void readSizes(resize, resizes);
  else resizes.end();
  const write = (name: string): ((chunk: Uint8Array) => Promise<void>) => {
    const stream = opened.get(name);
    return (chunk) => stream?.write(chunk) ?? Promise.resolve();
  };
  return {
    io: {
      stdin: opened.get('stdin')?.readable ?? noInput(),
      resizes,
      stdout: write('stdout'),
      stderr: write('stderr'),
    },
    signal: AbortSignal.any([signal, gone.signal]),
    async finish(status) {
      const text =
        protocol === 'v4.channel.k8s.io'
          ? JSON.stringify(status)
          : status.status === 'Success'
            ? ''
            : (status.message ?? '');
      const error = opened.get('error');
      if (text !== '') await error?.write(encoder.encode(text)).catch(() => {});
      for (const stream of opened.values()) await stream.end();
      await session.close();
    },
  };
}

function wantedStreams({ stdin, stdout, stderr, tty }: Streams, protocol: string): string[] {
  const hasResize = tty && (protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io');
  return [
    'error',
    ...(stdin ? ['stdin'] : []),
    ...(stdout ? ['stdout'] : []),
    ...(stderr && !tty ? ['stderr'] : []),
    ...(hasResize ? ['resize'] : []),
  ];
}

/** Reads on after that, so that the end of the connection is noticed. */
function collect(
  session: SpdySession,
  wanted: readonly string[],
  onClose: () => void,
): Promise<Map<string, SpdyStream>> {
  const opened = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<Map<string, SpdyStream>>();
  const read = async (): Promise<void> => {
    for await (const stream of session.streams) {
      opened.set(stream.headers.get('streamtype')?.[0] ?? '', stream);
      if (wanted.every((name) => opened.has(name))) complete.resolve(opened);
    }
    complete.reject(badRequest('the client closed the connection before it had opened its streams'));
    onClose();
  };
  void read();
  return complete.promise;
}

/** Sizes come as JSON values one after the other, each in one piece. */
async function readSizes(stream: SpdyStream, sizes: Channel<TerminalSize>): Promise<void> {
  try {
    for await (const chunk of stream.readable) await sizes.push(terminalSize(chunk));
  } catch {
    // The terminal is gone; the process learns it by its signal.
  }
  sizes.end();
}

async function* noInput(): AsyncIterable<Uint8Array> {}
