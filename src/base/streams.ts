/**
 * Byte streams between rooms, without sockets: what exec, attach, port-forward and proxies are made of.
 * host/ turns Node's sockets and http2 streams into these; the simulator makes them in memory.
 */
export interface Duplex {
  /** Ends when the peer has ended its side; throws when the connection broke. Read by one reader. */
  readonly readable: AsyncIterable<Uint8Array>;
  /** Resolves when the stream takes more (back-pressure). Rejects once the stream is broken. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends this side; the peer may still send. */
  end(): void;
  /** Drops both sides at once. */
  destroy(error?: Error): void;
}

/** A message-framed connection (WebSocket), after its upgrade. */
export interface MessageSocket {
  /** The negotiated subprotocol, '' if none. */
  readonly protocol: string;
  readonly messages: AsyncIterable<SocketMessage>;
  send(message: Uint8Array | string): Promise<void>;
  close(code?: number, reason?: string): void;
}
export interface SocketMessage {
  readonly data: Uint8Array;
  /** Sent as text. */
  readonly isText: boolean;
}
