/** Reading the body of an ApiResponse to its end, and the error it may hold. */
import type { ApiResponse, FrameSink } from '#api/handler.ts';
import type { Status } from '#api/status.ts';
import { StatusError } from '#api/status.ts';

const decoder = new TextDecoder();

/** The whole body. Throws for an upgrade, which has none. */
export async function readBody(response: ApiResponse): Promise<Uint8Array> {
  const body = response.body;
  if (body.kind === 'bytes') return body.bytes;
  if (body.kind === 'upgrade') throw new Error('the answer is an upgrade, not a body');
  const chunks: Uint8Array[] = [];
  if (body.kind === 'frames') await new Promise<void>((resolve) => body.open(collectingSink(chunks, resolve)));
  else for await (const chunk of body.chunks) chunks.push(chunk);
  return joinBytes(chunks);
}

/** The Status of an answer of 400 and more; one that is no Status (a proxy's page) is wrapped as upstream's client does. */
export async function statusErrorOf(response: ApiResponse): Promise<StatusError> {
  const text = decoder.decode(await readBody(response));
  const status = parseStatus(text);
  if (status !== undefined) return StatusError.fromStatus(status);
  const reason = response.status === 404 ? 'NotFound' : response.status === 401 ? 'Unauthorized' : '';
  return new StatusError(response.status, reason, text === '' ? `the server answered ${response.status}` : text);
}

function parseStatus(text: string): Status | undefined {
  try {
    const value = JSON.parse(text) as Status;
    return value.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** One array of many; the only one is returned as it is. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

function collectingSink(chunks: Uint8Array[], done: () => void): FrameSink {
  let onClose: (() => void) | undefined;
  return {
    write: (frame) => void chunks.push(frame),
    end() {
      done();
      onClose?.();
    },
    onClose: (callback) => void (onClose = callback),
  };
}
