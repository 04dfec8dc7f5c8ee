/** Reading an HTTP/1.1 answer from a connection: head, then a body by length, in chunks, or to the end. */
import type { Duplex } from '#base/streams.ts';
import type { ApiResponse } from '#api/handler.ts';

const decoder = new TextDecoder();
const largestHead = 1024 * 1024;

/** Reads on demand; what was read too much is kept. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(connection: Duplex) {
    this.#chunks = connection.readable[Symbol.asyncIterator]();
  }

  /** Undefined at the end. */
  async some(): Promise<Uint8Array | undefined> {
    if (this.#rest.byteLength > 0) {
      const bytes = this.#rest;
      this.#rest = new Uint8Array();
      return bytes;
    }
    const { value, done } = await this.#chunks.next();
    return done === true ? undefined : value;
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const text = decoder.decode(this.#rest.subarray(0, end)).replace(/\r$/, '');
        this.#rest = this.#rest.subarray(end + 1);
        return text;
      }
      const { value, done } = await this.#chunks.next();
      if (done === true) throw new Error('EOF');
      if (this.#rest.byteLength > largestHead) throw new Error('the head of the answer is too long');
      this.#rest = join(this.#rest, value);
    }
  }

  unread(bytes: Uint8Array): void {
    this.#rest = bytes;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.byteLength + b.byteLength);
  joined.set(a);
  joined.set(b, a.byteLength);
  return joined;
}

/** Throws when the other end does not speak HTTP/1. The connection is closed after the body. */
export async function readHttpResponse(connection: Duplex, hasNoBody: boolean): Promise<ApiResponse> {
  const reader = new ByteReader(connection);
  let head = await readHead(reader);
  while (head.status === 100) head = await readHead(reader);
  const { status, headers } = head;
  const isEmpty = hasNoBody || status === 204 || status === 304;
  const chunks = isEmpty ? [] : closing(bodyOf(reader, headers), connection);
  if (isEmpty) connection.destroy();
  for (const name of [
    'connection',
    'keep-alive',
    'transfer-encoding',
    'content-length',
    'upgrade',
    'proxy-connection',
    'te',
  ])
    delete headers[name];
  return { status, headers, body: { kind: 'chunks', chunks } };
}

async function readHead(reader: ByteReader): Promise<{ status: number; headers: Record<string, string | string[]> }> {
  const line = await reader.line();
  const match = /^HTTP\/1\.[01] (\d{3})/.exec(line);
  if (match === null) throw new Error(`malformed HTTP response ${JSON.stringify(line.slice(0, 80))}`);
  const headers: Record<string, string | string[]> = {};
  for (let field = await reader.line(); field !== ''; field = await reader.line()) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).trim().toLowerCase();
    const value = field.slice(colon + 1).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : [...[before].flat(), value];
  }
  return { status: Number(match[1]), headers };
}

function bodyOf(reader: ByteReader, headers: Readonly<Record<string, string | string[]>>): AsyncIterable<Uint8Array> {
  const length = headers['content-length'];
  if (
    String(headers['transfer-encoding'] ?? '')
      .toLowerCase()
      .includes('chunked')
  )
    return chunkedBody(reader);
  return plainBody(reader, length === undefined ? Number.POSITIVE_INFINITY : Number(length));
}

async function* closing(chunks: AsyncIterable<Uint8Array>, connection: Duplex): AsyncIterable<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    connection.destroy();
  }
}

async function* plainBody(reader: ByteReader, length: number): AsyncIterable<Uint8Array> {
  let left = length;
  while (left > 0) {
    const bytes = await reader.some();
    if (bytes === undefined) {
      if (Number.isFinite(left)) throw new Error('unexpected EOF');
      return;
    }
    const part = bytes.subarray(0, Math.min(left, bytes.byteLength));
    if (part.byteLength < bytes.byteLength) reader.unread(bytes.subarray(part.byteLength));
    left -= part.byteLength;
    yield part;
  }
}

async function* chunkedBody(reader: ByteReader): AsyncIterable<Uint8Array> {
  for (;;) {
    const size = Number.parseInt(await reader.line(), 16);
    if (!Number.isFinite(size)) throw new Error('malformed chunked encoding');
    if (size === 0) return;
    yield* plainBody(reader, size);
    await reader.line();
  }
}
