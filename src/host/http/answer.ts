/** Writes an ApiResponse to a client, each kind of body in its way, with back-pressure. */
import type { ApiBody, ApiResponse, Handler } from '#api/handler.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { FanOut } from '#host/http/fan-out.ts';
import type { SocketRequest } from '#host/http/incoming.ts';
import type { Reply } from '#host/http/reply.ts';

export interface AnswerContext {
  readonly handle: Handler;
  readonly fanOut: FanOut;
  readonly log: Logger;
}

/** Runs the handler and writes what it answers; never rejects. */
export async function answer(context: AnswerContext, request: SocketRequest, reply: Reply): Promise<void> {
  try {
    const response = await context.handle(request);
    await writeResponse(context, response, reply, request.method === 'HEAD');
    // A watch goes on until its client leaves.
    if (response.body.kind !== 'frames') request.release();
  } catch (error) {
    // Somebody who leaves in the middle of a log or a watch is no failure of ours.
    if (!reply.isClosed)
      context.log.error('an answer could not be written', { path: request.path, error: errorMessage(error) });
    reply.reset();
  }
}

export function writeResponse(
  context: AnswerContext,
  response: ApiResponse,
  reply: Reply,
  isHead: boolean,
): Promise<void> | void {
  const { body } = response;
  switch (body.kind) {
    case 'bytes':
      reply.start(response, body.bytes.byteLength);
      if (!isHead && body.bytes.byteLength > 0) reply.end(body.bytes);
      else reply.end();
      return;
    case 'chunks':
      reply.start(response);
      if (!isHead) return writeChunks(body, reply);
      reply.end();
      return;
    case 'frames':
      reply.start(response);
      body.open(context.fanOut.sink(reply));
      return;
    case 'upgrade':
      reply.start({ status: 400, headers: {}, body: { kind: 'bytes', bytes: new Uint8Array() } }, 0);
      reply.end();
  }
}

async function writeChunks(body: ApiBody & { kind: 'chunks' }, reply: Reply): Promise<void> {
  for await (const chunk of body.chunks) {
    if (reply.isClosed) return;
    if (reply.write(chunk)) continue;
    await reply.drained();
    // Drained is sent: a client that is gone leaves bytes behind that somebody still holds.
    if (!reply.isClosed) body.release?.(chunk);
  }
  reply.end();
}

const encoder = new TextEncoder();

/** What upstream answers to a body of more than 3 MB. */
export const tooLarge: ApiResponse = {
  status: 413,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' },
  body: {
    kind: 'bytes',
    bytes: encoder.encode(
      `${JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Request entity too large: limit is 3145728', reason: 'RequestEntityTooLarge', code: 413 })}\n`,
    ),
  },
};

/** Node's parser stops at methods it does not know, before anything else is known of the request. */
export const unknownMethod = rawAnswer(
  '405 Method Not Allowed',
  'application/json',
  `${JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'the server does not allow this method on the requested resource', reason: 'MethodNotAllowed', details: {}, code: 405 })}\n`,
);
export const unreadableRequest = rawAnswer('400 Bad Request', 'text/plain; charset=utf-8', '400 Bad Request');

function rawAnswer(status: string, contentType: string, body: string): string {
  const length = encoder.encode(body).byteLength;
  return `HTTP/1.1 ${status}\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`;
}
