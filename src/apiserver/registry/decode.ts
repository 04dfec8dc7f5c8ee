/** Request bodies to objects of an endpoint: decoded, checked against the kind expected, defaulted. */
import type { ApiRequest } from '#api/handler.ts';
import type { KubeObject } from '#api/object.ts';
import type { HookCall } from '#api/resource.ts';
import { type BodyFormat, DecodeError, decodeBody, decodeObject } from '#api/schema/decode.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';
import { badRequest } from '#api/status.ts';
import { bodyFormat } from '#apiserver/accept.ts';
import type { Endpoint } from '#apiserver/registry/endpoint.ts';
import type { FieldValidation } from '#apiserver/registry/query.ts';

const noBody = new Uint8Array();
const decoder = new TextDecoder();

export interface BodyKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: TypeSchema;
}

/** Decodes the body of a create or update. Throws 400 and 415 in upstream's words. */
export function decodeRequest(
  request: ApiRequest,
  expected: BodyKind,
  call: Pick<HookCall, 'warn'> & { readonly fieldValidation: FieldValidation },
): KubeObject {
  const format = bodyFormat(request.headers['content-type']);
  const { group, version, kind, type } = expected;
  const { fieldValidation } = call;
  const decoded = decodeBody(request.body ?? noBody, {
    format,
    expected: { group, version, kind },
    type,
    fieldValidation,
  });
  for (const warning of decoded.warnings) call.warn(warning);
  decoded.object.metadata ??= {};
  return decoded.object;
}

/** The endpoint's own kind. */
export function bodyKindOf(endpoint: Endpoint): BodyKind {
  const { group, version, kind } = endpoint.resource;
  return { group, version, kind, type: endpoint.schema };
}

/** Options in a body: of any group and version. Throws 400. */
export function decodeOptions(bytes: Uint8Array, format: BodyFormat, kind: string): object {
  if (format === 'json' && decoder.decode(bytes).trim() === 'null') return {};
  const expected = { group: 'meta.k8s.io', version: 'v1', kind };
  const type = builtinSchemas.type(`io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`);
  try {
    const given = decodeObject(bytes, { format, expected, type: undefined, fieldValidation: 'Ignore' });
    if (given.kind.kind !== kind) return given.object;
    return decodeObject(bytes, { format, expected: given.kind, type, fieldValidation: 'Ignore' }).object;
  } catch (error) {
    throw error instanceof DecodeError ? badRequest(error.message) : error;
  }
}
