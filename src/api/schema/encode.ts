/** Objects to the bytes that are stored and answered: what JSON.stringify gives, once the object is normalised. */
import { normalize } from '#api/schema/normalize.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';

const encoder = new TextEncoder();

/**
 * The canonical JSON of an object. With a type, the object is normalised first (and changed by it): empty fields that Go
 * omits are gone, those it prints are there. Without one it is written as it is.
 */
export function encodeJson(object: object, type?: TypeSchema): Uint8Array {
  return encoder.encode(JSON.stringify(type === undefined ? object : normalize(object, type)));
}
