/**
 * The API server's one door: a request and its answer as plain objects. No sockets, no WHATWG classes, so that the
 * HTTP front, the in-process client, the simulator and a browser tab call the same function.
 */
import type { Duplex, MessageSocket } from '#base/streams.ts';

/** Never rejects for an API error: that is an answer with a Status body. Rejects only for a bug. */
export type Handler = (request: ApiRequest) => Promise<ApiResponse>;

export interface ApiRequest {
  /** Upper case. */
  readonly method: string;
  /** As on the wire: percent-encoded path, no query. */
  readonly path: string;
  /** As on the wire, without '?'; '' if none. */
  readonly query: string;
  /** Names in lower case; repeated headers joined by ', '. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read to its end by the front (3 MB at most, else it answers 413 itself); undefined if there was none. */
  readonly body?: Uint8Array;
  /** Who is at the other end. */
  readonly peer: Peer;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

export interface Peer {
  /** Remote address, '' in process. */
  readonly address: string;
  /** The verified TLS client certificate's subject. Absent: no certificate, or one that did not verify. */
  readonly certificate?: {
    readonly commonName: string;
    readonly organizations: readonly string[];
    /** Hex; shown as the user's credential id. */
    readonly fingerprintSha256?: string;
  };
  /** Set only by in-process callers: skips authentication. */
  readonly user?: UserInfo;
}

export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The identity of the parts that run in the server's own process. */
export const systemMasters: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. `content-length` is the front's business. A name may carry several values (Warning). */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: ApiBody;
}

export type ApiBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /**
   * Written with back-pressure; the front stops pulling when the client is gone. A front that has sent a chunk may say so
   * by `release`: its memory is then used for a later one.
   */
  | {
      readonly kind: 'chunks';
      readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
      readonly release?: (chunk: Uint8Array) => void;
    }
  /** A watch: frames are pushed, shared between watchers, and may be joined by the front. */
  | { readonly kind: 'frames'; readonly open: (sink: FrameSink) => void }
  | { readonly kind: 'upgrade'; readonly upgrade: Upgrade };

/**
 * Where a watch pushes its frames. The bytes are shared by many sinks and must not be changed.
 * The front buffers up to its byte cap and then resets the stream: the client resumes from its last revision.
 */
export interface FrameSink {
  write(frame: Uint8Array): void;
  /**
   * For long initial lists: undefined if the client keeps up, else resolves when it has read on (or is gone). Absent:
   * the sink takes everything.
   */
  drained?(): Promise<void> | undefined;
  end(): void;
  /** Called once when the client is gone, was too slow, or after end(). */
  onClose(callback: () => void): void;
}

/** What becomes of the connection after 101. */
export type Upgrade =
  | {
      readonly protocol: 'websocket';
      /** The subprotocol chosen of those the client offered, '' for none. */
      readonly subprotocol: string;
      readonly run: (socket: MessageSocket) => Promise<void>;
    }
  | {
      readonly protocol: 'SPDY/3.1';
      readonly headers: Readonly<Record<string, string>>;
      readonly run: (connection: Duplex) => Promise<void>;
    };
