/**
 * exec and attach: a process on a node and a client's terminal. The client speaks channels in a WebSocket or streams of SPDY;
 * either becomes a {@link RemoteTerminal}, which is run against the node.
 */
import type { ApiResponse } from '#api/handler.ts';
import type { ExecIO, ExecRequest, NodeConnection } from '#api/node-connection.ts';
import { isStatusError, type Status } from '#api/status.ts';
import { chooseProtocol, flag, type WantedUpgrade } from '#apiserver/subresources/upgrade.ts';
import { openSpdyTerminal } from '#apiserver/subresources/spdy-terminal.ts';
import { openWebSocketTerminal, webSocketProtocols } from '#apiserver/subresources/websocket-terminal.ts';

/** What the client has connected. */
export interface RemoteTerminal {
  readonly io: ExecIO;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** How it ended. Nothing may be written afterwards. */
  finish(status: ExecStatus): Promise<void>;
}

/** The Status that ends exec and attach; success has nothing but that. */
export type ExecStatus = Pick<Status, 'metadata' | 'status'> &
  Partial<Pick<Status, 'message' | 'details' | 'code'>> & { reason?: string };

export type Streams = Pick<ExecRequest, 'stdin' | 'stdout' | 'stderr' | 'tty'>;

export function streamsOf(options: URLSearchParams): Streams {
  return {
    stdin: flag(options, 'stdin'),
    stdout: flag(options, 'stdout'),
    stderr: flag(options, 'stderr'),
    tty: flag(options, 'tty'),
  };
}

const spdyProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

export interface RemoteCommand {
  readonly kind: 'exec' | 'attach';
  readonly node: NodeConnection;
  readonly request: ExecRequest;
}

/** Throws 403 when no subprotocol fits. */
export function remoteCommand(command: RemoteCommand, wanted: WantedUpgrade, signal: AbortSignal): ApiResponse {
  if (wanted.protocol === 'websocket') {
    const subprotocol = chooseProtocol(wanted.offered, webSocketProtocols, '');
    return upgrade({
      protocol: 'websocket',
      subprotocol,
      run: (socket) =>
        run(command, openWebSocketTerminal(socket, { protocol: subprotocol, streams: command.request, signal })),
    });
  }
  const protocol = chooseProtocol(wanted.offered, spdyProtocols, 'channel.k8s.io');
  return upgrade({
    protocol: 'SPDY/3.1',
    headers: { 'X-Stream-Protocol-Version': protocol },
    run: async (connection) =>
      run(command, await openSpdyTerminal(connection, { protocol, streams: command.request, signal })),
  });
}

type UpgradeBody = Extract<ApiResponse['body'], { kind: 'upgrade' }>;

export function upgrade(target: UpgradeBody['upgrade']): ApiResponse {
  return { status: 101, headers: {}, body: { kind: 'upgrade', upgrade: target } };
}

async function run({ kind, node, request }: RemoteCommand, terminal: RemoteTerminal): Promise<void> {
  let status: ExecStatus = { metadata: {}, status: 'Success' };
  try {
    if (kind === 'attach') await node.attach(request, terminal.io, terminal.signal);
    else status = exitStatus((await node.exec(request, terminal.io, terminal.signal)).exitCode);
  } catch (error) {
    status = failure(error, kind);
  }
  await terminal.finish(status);
}

function exitStatus(exitCode: number): ExecStatus {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

function failure(error: unknown, kind: 'exec' | 'attach'): ExecStatus {
  if (isStatusError(error) && error.code < 500) return error.toStatus();
  const text = error instanceof Error ? error.message : String(error);
  const message = `${kind === 'exec' ? 'error executing command in container' : 'error attaching to container'}: ${text}`;
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}
