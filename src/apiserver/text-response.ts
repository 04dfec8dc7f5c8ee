/** Plain text answers, as Go's http.Error writes them. */
import type { ApiResponse } from '#api/handler.ts';

const encoder = new TextEncoder();

export function textResponse(status: number, text: string): ApiResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: { kind: 'bytes', bytes: encoder.encode(text) },
  };
}
