/**
 * The client's side of SPDY/3.1 as containerd's stream server speaks it: an upgraded connection, and on it one stream per
 * purpose, each ended on its own. Neither side counts windows; the socket's own back-pressure holds a fast sender.
 */
import { request } from 'node:http';
import type { Socket } from 'node:net';
import {
  controlFrame,
  dataFrame,
  FrameReader,
  finFlag,
  frameTypes,
  HeaderWriter,
  numberAt,
  numbers,
} from '#wire/spdy/frames.ts';

export interface SpdyHandlers {
  /** Data of a stream, in order; the next frame is read when it resolves. */
  onData(streamType: string, chunk: Uint8Array): Promise<void>;
}

const protocol = 'SPDY/3.1';

/**
 * 1. Streams are numbered 1, 3, 5 … in the order they are opened.
 * 2. `closed` resolves when the server has ended every stream it writes to, or the connection.
 */
export class SpdyClient {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #handlers: SpdyHandlers;
  readonly #headers = new HeaderWriter();
  readonly #types = new Map<number, string>();
  readonly #open = new Set<number>();

  private constructor(socket: Socket, head: Uint8Array, handlers: SpdyHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('error', () => undefined);
    if (head.length > 0) socket.unshift(head);
    this.closed = this.#receive();
  }

  /** Upgrades, then opens a stream for each type. Data may come at once: the handlers are ready before. */
  static connect(url: string, streamTypes: readonly string[], handlers: SpdyHandlers): Promise<SpdyClient> {
    return new Promise((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: protocol, 'x-stream-protocol-version': 'v4.channel.k8s.io' };
      const call = request(url, { method: 'POST', headers });
      call.once('error', reject);
      call.once('response', (answer) => reject(new Error(`the stream server answered ${answer.statusCode}`)));
      call.once('upgrade', (_answer, socket, head) => {
        const client = new SpdyClient(socket as Socket, head, handlers);
        for (const type of streamTypes) client.#openStream(type);
        resolve(client);
      });
      call.end();
    });
  }

  async write(streamType: string, chunk: Uint8Array): Promise<void> {
    const id = this.#idOf(streamType);
    for (let at = 0; at < chunk.length; at += 32_768)
      await this.#send(dataFrame(id, chunk.subarray(at, at + 32_768), false));
  }

  /** The other side sees the end of this stream. */
  async end(streamType: string): Promise<void> {
    await this.#send(dataFrame(this.#idOf(streamType), new Uint8Array(0), true));
  }

  close(): void {
    this.#socket.destroy();
  }

  #openStream(type: string): void {
    const id = this.#types.size * 2 + 1;
    this.#types.set(id, type);
    this.#open.add(id);
    const block = this.#headers.write(new Map([['streamtype', [type]]]));
    const payload = new Uint8Array(10 + block.length);
    payload.set(numbers(id, 0));
    payload.set(block, 10);
    void this.#send(controlFrame(frameTypes.synStream, 0, payload)).catch(() => undefined);
  }

  async #receive(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const bytes of this.#socket) {
        for (const frame of reader.push(bytes as Uint8Array)) {
          if (frame.kind === 'data') {
            if (frame.payload.length > 0)
              await this.#handlers.onData(this.#types.get(frame.streamId) ?? '', frame.payload);
            if (frame.isLast) this.#open.delete(frame.streamId);
          } else this.#onControl(frame.type, frame.flags, frame.payload);
        }
        if (this.#outputsEnded()) return;
      }
    } catch {
      // Broken or closed by us: the end either way.
    }
  }

  #onControl(type: number, flags: number, payload: Uint8Array): void {
    if (type === frameTypes.reset || (type === frameTypes.synReply && (flags & finFlag) !== 0))
      this.#open.delete(numberAt(payload, 0) & 0x7fffffff);
    else if (type === frameTypes.ping)
      void this.#send(controlFrame(frameTypes.ping, 0, payload.slice())).catch(() => undefined);
  }

  /** The error stream is ended last, after the outputs. */
  #outputsEnded(): boolean {
    for (const id of this.#open) if (['error', 'stdout', 'stderr'].includes(this.#types.get(id) ?? '')) return false;
    return true;
  }

  #idOf(streamType: string): number {
    for (const [id, type] of this.#types) if (type === streamType) return id;
    throw new Error(`no stream of type ${streamType}`);
  }

  #send(frame: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(frame, (error) => (error == null ? resolve() : reject(error)));
    });
  }
}
