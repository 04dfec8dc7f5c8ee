/**
 * Continue tokens in upstream's shape: unpadded base64url of `{"v":"meta.k8s.io/v1","rv":42,"start":"ns/name\u0000"}`.
 * rv -1 marks a token of an inconsistent continuation: the rest of the list as of now.
 */
import { badRequest, expired, type StatusError } from '#api/status.ts';

export interface Continuation {
  /** -1: whatever is current. */
  readonly revision: number;
  /** The list goes on after this object. */
  readonly after: { readonly namespace: string; readonly name: string };
}

const apiVersion = 'meta.k8s.io/v1';
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `namespace` is that of the list: the key is relative to it. */
export function encodeContinue(continuation: Continuation, namespace: string, isNamespaced: boolean): string {
  const { namespace: itemNamespace, name } = continuation.after;
  const start = isNamespaced && namespace === '' ? `${itemNamespace}/${name}\0` : `${name}\0`;
  return toBase64Url(JSON.stringify({ v: apiVersion, rv: continuation.revision, start }));
}

/** Throws 400 in upstream's words. */
export function decodeContinue(token: string, namespace: string, isNamespaced: boolean): Continuation {
  const { v, rv, start } = readToken(token);
  if (v !== apiVersion) throw invalidToken(`server does not recognize this encoded version ${String(v ?? '')}`);
  if (typeof rv !== 'number' || rv === 0)
    throw invalidToken(`incorrect encoded start resourceVersion (version ${apiVersion})`);
  if (typeof start !== 'string' || start === '') throw invalidToken(`encoded start key empty (version ${apiVersion})`);
  const cleaned = start.startsWith('/') ? start.slice(1) : start;
  if (cleaned.split('/').some((part) => part === '' || part === '.' || part === '..')) throw invalidToken(start);
  return { revision: rv, after: keyOf(cleaned, namespace, isNamespaced) };
}

/** The item before the encoded start: the key without its closing zero byte, which means "right after". */
function keyOf(start: string, namespace: string, isNamespaced: boolean): { namespace: string; name: string } {
  const key = start.endsWith('\0') ? start.slice(0, -1) : start;
  if (!isNamespaced) return { namespace: '', name: key };
  if (namespace !== '') return { namespace, name: key };
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: key, name: '' } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function readToken(token: string): { v?: unknown; rv?: unknown; start?: unknown } {
  let text: string;
  try {
    text = fromBase64Url(token);
  } catch {
    throw invalidToken(`illegal base64 data at input byte ${firstBadByte(token)}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Falls through: whatever is wrong with it, upstream's client only sees that the token is bad.
  }
  throw invalidToken("invalid character '" + (text[0] ?? '') + "' looking for beginning of value");
}

function invalidToken(why: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}

/** The revision of a token is no longer kept. The answer carries a token that goes on with the present state. */
export function continueExpired(continuation: Continuation, namespace: string, isNamespaced: boolean): StatusError {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
    'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
    'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
    'deleted between the time the first chunk was returned and now may show up in the list.';
  return expired(message, { continue: encodeContinue({ ...continuation, revision: -1 }, namespace, isNamespaced) });
}

function toBase64Url(text: string): string {
  let binary = '';
  for (const byte of encoder.encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(token: string): string {
  if (!/^[A-Za-z0-9_-]*$/.test(token) || token.length % 4 === 1) throw new Error('not base64url');
  const binary = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
  return decoder.decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

function firstBadByte(token: string): number {
  const bad = token.search(/[^A-Za-z0-9_-]/);
  return bad >= 0 ? bad : token.length - 1;
}
