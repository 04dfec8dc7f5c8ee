/**
 * exec and attach from the client's side, over any Client: the channels of a WebSocket (v5.channel.k8s.io), whether it is a
 * real one or the server's own function.
 *
 *   const { exitCode } = await remoteCommand(client, { kind: 'exec', namespace, pod, command: ['cat'], stdin, stdout, … });
 */
import { Channel } from '#base/channel.ts';
import type { MessageSocket, SocketMessage } from '#base/streams.ts';
import { pods } from '#api/generated/resources.ts';
import type { TerminalSize } from '#api/node-connection.ts';
import { resourcePath } from '#api/resource-ref.ts';
import { type Status, StatusError } from '#api/status.ts';
import type { Client } from '#client/client.ts';

export interface RemoteCommandOptions {
  readonly kind: 'exec' | 'attach';
  readonly namespace: string;
  readonly pod: string;
  /** The only one if it is not named. */
  readonly container?: string;
  /** exec only. */
  readonly command?: readonly string[];
  /** Absent: the process has none. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  stdout(chunk: Uint8Array): Promise<void>;
  /** Not called for a terminal, whose output is one. */
  stderr(chunk: Uint8Array): Promise<void>;
  readonly tty?: boolean;
  /** Of the terminal, the first at once. */
  readonly sizes?: AsyncIterable<TerminalSize>;
  readonly signal?: AbortSignal;
}

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;
const protocol = 'v5.channel.k8s.io';
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Resolves when the process has ended; throws StatusError for a refusal and for everything that is no exit code. */
export async function remoteCommand(client: Client, options: RemoteCommandOptions): Promise<{ exitCode: number }> {
  const response = await client.request({
    method: 'GET',
    path: resourcePath(pods, options.namespace, options.pod, options.kind),
    query: queryOf(options),
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': protocol,
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (response.body.kind !== 'upgrade' || response.body.upgrade.protocol !== 'websocket')
    throw new Error(`the server did not upgrade the connection (${response.status})`);
  const ends = new ClientEnds(options);
  await response.body.upgrade.run(ends.socket);
  return exitOf(ends.status);
}

function queryOf(options: RemoteCommandOptions): string {
  const { container, command = [], stdin, tty = false } = options;
  const query = new URLSearchParams();
  if (container !== undefined) query.append('container', container);
  for (const word of command) query.append('command', word);
  query.append('stdin', String(stdin !== undefined));
  query.append('stdout', 'true');
  query.append('stderr', String(!tty));
  query.append('tty', String(tty));
  return query.toString();
}

/** The client's end of the WebSocket: what it says, and what becomes of what it hears. */
class ClientEnds {
  readonly socket: MessageSocket;
  /** How the process ended, once it was said. */
  status: Status | undefined;
  readonly #outgoing = new Channel<SocketMessage>(16);

  constructor(options: RemoteCommandOptions) {
    this.socket = {
      protocol,
      messages: this.#outgoing,
      send: (message) => this.#hear(typeof message === 'string' ? encoder.encode(message) : message, options),
      close: () => this.#outgoing.end(),
    };
    void this.#sendInput(options.stdin).catch(() => this.#outgoing.end());
    void this.#sendSizes(options.sizes).catch(() => {});
  }

  #say(channel: number, bytes: Uint8Array): Promise<void> | undefined {
    const data = new Uint8Array(bytes.byteLength + 1);
    data[0] = channel;
    data.set(bytes, 1);
    return this.#outgoing.push({ data, isText: false });
  }

  async #sendInput(stdin: AsyncIterable<Uint8Array> | undefined): Promise<void> {
    if (stdin === undefined) return;
    for await (const chunk of stdin) await this.#say(channels.stdin, chunk);
    await this.#say(channels.close, Uint8Array.of(channels.stdin));
  }

  async #sendSizes(sizes: AsyncIterable<TerminalSize> | undefined): Promise<void> {
    if (sizes === undefined) return;
    for await (const { width, height } of sizes)
      await this.#say(channels.resize, encoder.encode(JSON.stringify({ Width: width, Height: height })));
  }

  #hear(message: Uint8Array, options: RemoteCommandOptions): Promise<void> {
    const bytes = message.subarray(1);
    if (bytes.byteLength === 0) return Promise.resolve();
    if (message[0] === channels.stdout) return options.stdout(bytes);
    if (message[0] === channels.stderr) return options.stderr(bytes);
    if (message[0] === channels.status) this.status = JSON.parse(decoder.decode(bytes)) as Status;
    return Promise.resolve();
  }
}

function exitOf(status: Status | undefined): { exitCode: number } {
  if (status === undefined) throw new Error('the connection was closed before the process had ended');
  if (status.status === 'Success') return { exitCode: 0 };
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
  if (cause !== undefined) return { exitCode: Number(cause.message) };
  throw StatusError.fromStatus(status);
}
