/**
 * A terminal in a WebSocket: every message begins with a channel's number.
 *
 *   0 stdin, 1 stdout, 2 stderr, 3 how it ended, 4 terminal size as JSON, 255 the number of a channel that is closed (v5)
 *
 * The base64 protocols are for browsers: text messages, the channel as a digit, the rest in base64.
 */
import { Channel } from '#base/channel.ts';
import type { MessageSocket, SocketMessage } from '#base/streams.ts';
import type { TerminalSize } from '#api/node-connection.ts';
import type { RemoteTerminal, Streams } from '#apiserver/subresources/remote-command.ts';

export const webSocketProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  '',
];

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function openWebSocketTerminal(
  socket: MessageSocket,
  options: { protocol: string; streams: Streams; signal: AbortSignal },
): RemoteTerminal {
  const { protocol, streams, signal } = options;
  const codec = protocol.includes('base64') ? base64Codec : binaryCodec;
  const stdin = new Channel<Uint8Array>(16);
  const resizes = new Channel<TerminalSize>(1024);
  const gone = new AbortController();
  const send = (channel: number, bytes: Uint8Array): Promise<void> => socket.send(codec.encode(channel, bytes));
  void receive(socket, { codec, stdin, resizes }).then(() => gone.abort(new Error('the client is gone')));
  // The client learns that the connection is up by an empty message on the first channel that is written to.
  void send(
    streams.stdout ? channels.stdout : streams.stderr ? channels.stderr : channels.error,
    new Uint8Array(),
  ).catch(() => {});
  return {
    io: {
      stdin,
      resizes,
      stdout: (chunk) => send(channels.stdout, chunk),
      stderr: (chunk) => send(channels.stderr, chunk),
    },
    signal: AbortSignal.any([signal, gone.signal]),
    async finish(status) {
      const isJson = protocol.startsWith('v4.') || protocol.startsWith('v5.');
      const text = isJson ? JSON.stringify(status) : status.status === 'Success' ? '' : (status.message ?? '');
      if (text !== '') await send(channels.error, encoder.encode(text)).catch(() => {});
      socket.close(1000);
    },
  };
}

interface Codec {
  encode(channel: number, bytes: Uint8Array): Uint8Array | string;
  decode(message: SocketMessage): { channel: number; bytes: Uint8Array } | undefined;
}

const binaryCodec: Codec = {
  encode(channel, bytes) {
    const message = new Uint8Array(bytes.byteLength + 1);
    message[0] = channel;
    message.set(bytes, 1);
    return message;
  },
  decode: ({ data }) => (data.byteLength === 0 ? undefined : { channel: data[0] as number, bytes: data.subarray(1) }),
};

const base64Codec: Codec = {
  encode: (channel, bytes) => `${channel}${btoa(String.fromCharCode(...bytes))}`,
  decode({ data }) {
    const text = decoder.decode(data);
    if (text === '') return undefined;
    return {
      channel: text.charCodeAt(0) - 48,
      bytes: Uint8Array.from(atob(text.slice(1)), (letter) => letter.charCodeAt(0)),
    };
  },
};

async function receive(
  socket: MessageSocket,
  into: { codec: Codec; stdin: Channel<Uint8Array>; resizes: Channel<TerminalSize> },
): Promise<void> {
  const { codec, stdin, resizes } = into;
  try {
    for await (const message of socket.messages) {
      const decoded = codec.decode(message);
      if (decoded === undefined) continue;
      const { channel, bytes } = decoded;
      if (channel === channels.stdin && bytes.byteLength > 0) await stdin.push(bytes);
      else if (channel === channels.resize) await resizes.push(terminalSize(bytes));
      else if (channel === channels.close && bytes[0] === channels.stdin) stdin.end();
    }
  } catch {
    // A connection that broke ends like one that was closed.
  }
  stdin.end();
  resizes.end();
}

/** `{"Width":80,"Height":24}`. */
export function terminalSize(bytes: Uint8Array): TerminalSize {
  const { Width: width = 0, Height: height = 0 } = JSON.parse(decoder.decode(bytes)) as {
    Width?: number;
    Height?: number;
  };
  return { width, height };
}
