/**
 * How server and agent talk: the agent dials, the connection is upgraded to `wheelhouse-tunnel`, and from then on the server
 * is the HTTP/2 client. One stream a request:
 *
 *   POST /logs | /exec | /attach | /portforward | /dial     x-request: base64url(JSON)
 *   200, body, trailers {x-result: base64url(JSON)}          success, with what the call resolves to
 *   200, body, trailers {x-error: base64url(Status)}         it failed on the way
 *   4xx | 5xx, body Status                                   refused
 *
 * A body without trailers means that the agent died: HTTP/2 shows a dead peer as a clean end. exec and attach carry frames
 * both ways, the others bare bytes. A frame is one byte of type, four of length (big endian), and the payload.
 */
import { type Status, StatusError } from '#api/status.ts';

export const tunnelPath = '/wheelhouse/v1/tunnel';
export const tunnelProtocol = 'wheelhouse-tunnel';
export const requestHeader = 'x-request';
export const resultTrailer = 'x-result';
export const errorTrailer = 'x-error';

/** Of a stream and of a session: what may be on its way unread. */
export const streamWindowBytes = 1024 * 1024;
export const sessionWindowBytes = 16 * 1024 * 1024;

export const frameType = { stdin: 1, stdinEnd: 2, resize: 3, stdout: 4, stderr: 5 } as const;
export type FrameType = (typeof frameType)[keyof typeof frameType];

export interface Frame {
  readonly type: number;
  readonly payload: Uint8Array;
}

export function encodeFrame(type: FrameType, payload: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(5 + payload.byteLength);
  frame[0] = type;
  frame.writeUInt32BE(payload.byteLength, 1);
  frame.set(payload, 5);
  return frame;
}

/** Frames of a byte stream; payloads are views of the chunks where they can be. Throws when it ends within a frame. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest =
      rest.byteLength === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.concat([rest, chunk]);
    while (rest.byteLength >= 5) {
      const end = 5 + rest.readUInt32BE(1);
      if (rest.byteLength < end) break;
      yield { type: rest[0] as number, payload: rest.subarray(5, end) };
      rest = rest.subarray(end);
    }
  }
  if (rest.byteLength > 0) throw new Error('the stream ended within a frame');
}

/** JSON that fits into a header. */
export function toHeader(value: unknown): string {
  return Buffer.from(JSON.stringify(value ?? null)).toString('base64url');
}

export function fromHeader<T>(text: string): T {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as T;
}

/** What travels of an error: a StatusError as it is, anything else as an internal one. */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.toStatus();
  return new StatusError(500, 'InternalError', error instanceof Error ? error.message : String(error)).toStatus();
}
