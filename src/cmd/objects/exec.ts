/**
 * `wheelhouse exec`: a command in a container over a WebSocket (v5, else v4), with its input, output, exit code, and on a
 * terminal in raw mode with its size.
 */
import { pods } from '#api/generated/resources.ts';
import { resourcePath } from '#api/resource-ref.ts';
import type { Status } from '#api/status.ts';
import { Channel } from '#base/channel.ts';
import type { MessageSocket, SocketMessage } from '#base/streams.ts';
import { statusErrorOf } from '#client/response-body.ts';
import { Failure } from '#cmd/failure.ts';
import { type Connection, type ConnectionFlags, Refusal, withConnection } from '#cmd/objects/connection.ts';
import { containerOf, podNamed } from '#cmd/objects/pods-of.ts';

export interface ExecFlags extends ConnectionFlags {
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly quiet: boolean;
  readonly container?: string;
}

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function exec(flags: ExecFlags, [word, ...command]: readonly string[]): Promise<void> {
  if (word === undefined) throw new Failure('pod, type/name or --filename must be specified');
  if (command.length === 0) throw new Failure('you must specify at least one command for the container');
  let exitCode = 0;
  return withConnection(flags, async (connection) => {
    const pod = await podNamed(connection, word);
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
      throw new Failure(`cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`);
    const isTerminal = process.stdin.isTTY === true;
    if (flags.tty && flags.stdin && !isTerminal)
      process.stderr.write('Unable to use a TTY - input is not a terminal or the right kind of file\n');
    const usesTty = flags.tty && (!flags.stdin || isTerminal);
    const query = new URLSearchParams({ container: flags.container ?? containerOf(pod, undefined) });
    for (const part of command) query.append('command', part);
    for (const [name, isOn] of Object.entries({ stdin: flags.stdin, stdout: true, stderr: !usesTty, tty: usesTty }))
      if (isOn) query.set(name, 'true');
    exitCode = await run(connection, { pod: pod.metadata.name ?? '', query: query.toString(), usesTty, ...flags });
  }).then(() => {
    if (exitCode !== 0) throw new Refusal(`command terminated with exit code ${exitCode}`, exitCode);
  });
}

interface Session {
  readonly pod: string;
  readonly query: string;
  readonly stdin: boolean;
  readonly usesTty: boolean;
}

/** Resolves with the exit code. Throws for what kept the command from running. */
async function run(connection: Connection, session: Session): Promise<number> {
  const response = await connection.client.request({
    method: 'GET',
    path: resourcePath(pods, connection.namespace, session.pod, 'exec'),
    query: session.query,
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': protocols.join(', ') },
  });
  if (response.body.kind !== 'upgrade' || response.body.upgrade.protocol !== 'websocket')
    throw await statusErrorOf(response);
  const { subprotocol, run: join } = response.body.upgrade;
  const outgoing = new Channel<SocketMessage>(16);
  const send = (number: number, data: Uint8Array): Promise<void> | undefined => {
    const message = new Uint8Array(data.length + 1);
    message[0] = number;
    message.set(data, 1);
    return outgoing.push({ data: message, isText: false });
  };
  const local = new LocalEnd(subprotocol, outgoing);
  const restore = session.usesTty ? rawTerminal(send) : () => {};
  if (session.stdin) void sendInput(send, subprotocol);
  try {
    await join(local);
  } finally {
    restore();
    process.stdin.pause();
  }
  return exitCodeOf(local.status);
}

/** What the server says goes to our output; how it ended is kept. */
class LocalEnd implements MessageSocket {
  readonly protocol: string;
  readonly messages: Channel<SocketMessage>;
  status: Status | undefined;

  constructor(protocol: string, messages: Channel<SocketMessage>) {
    this.protocol = protocol;
    this.messages = messages;
  }

  async send(message: Uint8Array | string): Promise<void> {
    const bytes = typeof message === 'string' ? encoder.encode(message) : message;
    const data = bytes.subarray(1);
    if (bytes[0] === channel.error && data.length > 0) this.status = JSON.parse(decoder.decode(data)) as Status;
    const output =
      bytes[0] === channel.stdout ? process.stdout : bytes[0] === channel.stderr ? process.stderr : undefined;
    if (output === undefined || data.length === 0) return;
    if (!output.write(data)) await new Promise((resolve) => output.once('drain', resolve));
  }

  close(): void {
    this.messages.end();
  }
}

type Send = (number: number, data: Uint8Array) => Promise<void> | undefined;

async function sendInput(send: Send, protocol: string): Promise<void> {
  for await (const chunk of process.stdin) await send(channel.stdin, chunk as Buffer);
  // Before v5 the end of input cannot be told.
  if (protocol.startsWith('v5')) await send(channel.close, Uint8Array.of(channel.stdin));
}

/** Keys go through as they are pressed, and the size of the window is told. Returns what restores the terminal. */
function rawTerminal(send: Send): () => void {
  const tellSize = (): void => {
    const size = { Width: process.stdout.columns, Height: process.stdout.rows };
    void send(channel.resize, encoder.encode(JSON.stringify(size)));
  };
  if (process.stdin.isTTY === true) process.stdin.setRawMode(true);
  if (process.stdout.isTTY === true) {
    tellSize();
    process.stdout.on('resize', tellSize);
  }
  return () => {
    if (process.stdin.isTTY === true) process.stdin.setRawMode(false);
    process.stdout.off('resize', tellSize);
  };
}

function exitCodeOf(status: Status | undefined): number {
  if (status === undefined) throw new Failure('the connection ended before the command did');
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (status.reason === ('NonZeroExitCode' as string) && code !== undefined) return Number(code);
  throw new Failure(status.message ?? 'the command could not be run');
}
