/**
 * What the API server asks of a node's agent, as an interface: a real agent answers over the reversed HTTP/2 session
 * (host/tunnel), the simulated one in memory. Refusals are StatusErrors in upstream's words.
 */
import type { Duplex } from '#base/streams.ts';
import type { PodLogOptions } from '#api/pod-log-options.ts';

export interface PodReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface ExecRequest {
  readonly pod: PodReference;
  readonly container: string;
  /** Empty for attach. */
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's ends of a running process. */
export interface ExecIO {
  /** Ends at end-of-file of the client. */
  readonly stdin: AsyncIterable<Uint8Array>;
  stdout(chunk: Uint8Array): Promise<void>;
  stderr(chunk: Uint8Array): Promise<void>;
  /** Terminal sizes, the first at once if known. */
  readonly resizes: AsyncIterable<TerminalSize>;
}
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export interface NodeConnection {
  logs(pod: PodReference, container: string, options: PodLogOptions, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Resolves with the exit code once all output was handed to `io`. */
  exec(request: ExecRequest, io: ExecIO, signal: AbortSignal): Promise<{ exitCode: number }>;
  /** Resolves when the container's process has ended or `signal` is aborted. */
  attach(request: ExecRequest, io: ExecIO, signal: AbortSignal): Promise<void>;
  portForward(pod: PodReference, port: number): Promise<Duplex>;
  /** A TCP connection from the node, for webhooks, aggregation and the pod and service proxies. */
  dial(host: string, port: number): Promise<Duplex>;
}

/** Finds the agent of a node. */
export interface NodeDialer {
  /** Undefined while the node's agent is not connected. */
  connect(nodeName: string): NodeConnection | undefined;
}
