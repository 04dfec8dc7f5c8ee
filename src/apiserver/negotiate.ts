/** Rendering: an object or an error becomes an {@link ApiResponse} in the form the client accepts. */
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { StatusError } from '#api/status.ts';
import { printYaml } from '#lang/yaml/print.ts';
import { type Accepted, mediaTypes, negotiate } from '#apiserver/accept.ts';
import { encodeProtobuf } from '#apiserver/protobuf-answer.ts';

const encoder = new TextEncoder();
const statusOffer = { conversions: true, streams: true };

/** Renders a failure; falls back to JSON when the client's Accept header is what failed. */
export function renderError(error: StatusError, request: ApiRequest): ApiResponse {
  const retryAfter = error.details?.retryAfterSeconds;
  const headers: Headers = retryAfter === undefined || retryAfter <= 0 ? {} : { 'retry-after': String(retryAfter) };
  return objectResponse(error.code, error.toStatus(), acceptedOfError(request), headers);
}

function acceptedOfError(request: ApiRequest): Accepted {
  try {
    const { format, pretty } = negotiate(request.headers['accept'], statusOffer);
    return { format, pretty: pretty || isPretty(request) };
  } catch {
    return { format: 'json', pretty: isPretty(request) };
  }
}

/** Indented output: asked for by ?pretty, else for the programs people read answers in. */
export function isPretty(request: ApiRequest): boolean {
  if (request.query.includes('pretty')) {
    const value = new URLSearchParams(request.query).get('pretty') ?? '';
    if (value !== '') return /^(?:1|t|T|TRUE|true|True)$/.test(value);
  }
  const agent = request.headers['user-agent'] ?? '';
  return agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0');
}

type Headers = ApiResponse['headers'];

/** An object that is not stored bytes: Status, Scale, reviews, converted versions. */
export function objectResponse(status: number, value: object, accepted: Accepted, headers: Headers = {}): ApiResponse {
  return {
    status,
    headers: { 'content-type': mediaTypes[accepted.format], ...headers },
    body: { kind: 'bytes', bytes: encodeObject(value, accepted) },
  };
}

/** JSON bytes that are already there; parsed only if another form was asked for. */
export function bytesResponse(
  status: number,
  bytes: Uint8Array,
  accepted: Accepted,
  headers: Headers = {},
): ApiResponse {
  const body = accepted.format === 'json' && !accepted.pretty ? bytes : encodeObject(parseBytes(bytes), accepted);
  return {
    status,
    headers: { 'content-type': mediaTypes[accepted.format], ...headers },
    body: { kind: 'bytes', bytes: body },
  };
}

const decoder = new TextDecoder();

function parseBytes(bytes: Uint8Array): object {
  return JSON.parse(decoder.decode(bytes)) as object;
}

export function encodeObject(value: object, accepted: Accepted): Uint8Array {
  switch (accepted.format) {
    case 'json':
      return encoder.encode(accepted.pretty ? JSON.stringify(value, undefined, 2) : `${JSON.stringify(value)}\n`);
    case 'yaml':
      return encoder.encode(printYaml(value));
    case 'protobuf':
      return encodeProtobuf(value);
  }
}
