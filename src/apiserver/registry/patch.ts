/**
 * PATCH: which kind of patch a request brings (by its content type), and what it makes of the stored object. Server-side
 * apply is recognised here; it comes with a later issue.
 */
import { cloneJson, type DeepReadonly } from '#base/immutable.ts';
import { JsonSyntaxError, parseJsonNode } from '#lang/json/parse.ts';
import type { ManagedFieldsEntry } from '#api/generated/meta/v1.ts';
import type { KubeObject } from '#api/object.ts';
import { applyJsonPatch } from '#api/patch/json-patch.ts';
import { applyMergePatch } from '#api/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '#api/patch/strategic-merge-patch.ts';
import { goPrint } from '#api/patch/go-print.ts';
import { DecodeError, decodeObject } from '#api/schema/decode.ts';
import { normalizeParsed } from '#api/schema/normalize.ts';
import { readUntyped } from '#api/schema/read-exact.ts';
import { badRequest, fieldError, invalid, StatusError } from '#api/status.ts';
import type { HookCall } from '#api/resource.ts';
import type { BodyKind } from '#apiserver/registry/decode.ts';
import { inGoOrder } from '#apiserver/registry/go-order.ts';
import { conversionError, wrappedIntegers } from '#apiserver/registry/patch-types.ts';
import type { FieldValidation } from '#apiserver/registry/query.ts';

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

const kinds: Readonly<Record<string, PatchKind>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** Throws the router's 415. */
export function patchKind(contentType: string | undefined): PatchKind {
  const kind = kinds[(contentType ?? '').split(';')[0] as string];
  if (kind === undefined) throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  return kind;
}

export interface PatchRequest {
  readonly kind: Exclude<PatchKind, 'apply'>;
  readonly body: Uint8Array;
  readonly expected: BodyKind;
  readonly fieldValidation: FieldValidation;
  readonly call: Pick<HookCall, 'warn'>;
}

/** A patch that was read; {@link applyPatch} may be called for several versions of an object. */
export interface ReadPatch {
  readonly request: PatchRequest;
  readonly value: unknown;
  /** What 'Strict' refuses. */
  readonly faults: readonly string[];
}

/** Throws 400. */
export function readPatch(request: PatchRequest): ReadPatch {
  const { kind, body } = request;
  try {
    // Merge and JSON patches are applied to text upstream, strategic ones to values.
    const numbers = kind === 'strategic' ? 'as values' : 'as written';
    const { value, strictErrors } = readUntyped(parseJsonNode(body), numbers);
    const judged = request.fieldValidation !== 'Ignore';
    const faults = !judged ? [] : kind === 'json' ? jsonPatchFaults(value, strictErrors) : strictErrors;
    return { request, value, faults };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw badRequest(kind === 'strategic' ? error.message : `error decoding patch: ${error.message}`);
  }
}

const operationFields = new Set(['op', 'path', 'from', 'value']);

function jsonPatchFaults(operations: unknown, duplicates: readonly string[]): string[] {
  const faults = [...duplicates];
  if (Array.isArray(operations)) {
    operations.forEach((operation: unknown, i) => {
      if (typeof operation !== 'object' || operation === null) return;
      for (const field of Object.keys(operation))
        if (!operationFields.has(field)) faults.push(`unknown field "[${i}].${field}"`);
    });
  }
  return faults.map((fault) => `json patch ${fault}`);
}

type Json = Readonly<Record<string, unknown>>;

/** The patched object, typed and normalised, not yet defaulted. Throws 400, 413, 422 and 500 in upstream's words. */
export function applyPatch(patch: ReadPatch, old: DeepReadonly<KubeObject>): KubeObject {
  const { expected, fieldValidation, kind } = patch.request;
  const patched = merged(patch, old as Json);
  if (patch.faults.length === 0 && (kind === 'strategic' || isOfKind(patched, expected))) {
    const quick = normalizeParsed(ownCopy(patched as Json, old), expected.type, fieldValidation !== 'Ignore');
    if (quick.regular) return withManagers(finished(quick.value as KubeObject, expected), patched as Json, old);
  }
  if (kind === 'strategic') {
    const error = conversionError(patched, expected.type);
    if (error !== undefined) throw invalidPatch(patch, '', error);
    const wrapped = wrappedIntegers(patched, expected.type) as Json;
    return readAgain(patch, { ...wrapped, apiVersion: old.apiVersion, kind: old.kind });
  }
  // Once more from the order in which upstream would have printed the object: error texts show it.
  return readAgain(patch, merged(patch, inGoOrder(old, expected.type) as Json));
}

/** Field sets are never changed in place: they need no copy, and they are a third of an object. */
function ownCopy(patched: Json, old: DeepReadonly<KubeObject>): unknown {
  if (!keepsManagers(patched, old)) return cloneJson(patched);
  const { managedFields: _managers, ...metadata } = patched['metadata'] as Json;
  return cloneJson({ ...patched, metadata });
}

function keepsManagers(patched: Json, old: DeepReadonly<KubeObject>): boolean {
  const managers = (patched['metadata'] as Json | null | undefined)?.['managedFields'];
  return managers !== undefined && managers === old.metadata.managedFields;
}

function withManagers(object: KubeObject, patched: Json, old: DeepReadonly<KubeObject>): KubeObject {
  if (keepsManagers(patched, old)) object.metadata.managedFields = old.metadata.managedFields as ManagedFieldsEntry[];
  return object;
}

function merged({ request, value }: ReadPatch, document: Json): unknown {
  switch (request.kind) {
    case 'json':
      return applyJsonPatch(document, value);
    case 'merge':
      return applyMergePatch(document, value);
    case 'strategic':
      return applyStrategicMergePatch(document, value, request.expected.type);
  }
}

function isOfKind(value: unknown, { group, version, kind }: BodyKind): boolean {
  const object = value as { apiVersion?: unknown; kind?: unknown } | null;
  if (typeof object !== 'object' || object === null) return false;
  return object.kind === kind && object.apiVersion === (group === '' ? version : `${group}/${version}`);
}

function finished(object: KubeObject, { group, version, kind }: BodyKind): KubeObject {
  object.apiVersion = group === '' ? version : `${group}/${version}`;
  object.kind = kind;
  object.metadata ??= {};
  return object;
}

const encoder = new TextEncoder();

/** The exact way: for unknown fields and values of a wrong type. */
function readAgain(patch: ReadPatch, patched: unknown): KubeObject {
  const { expected, fieldValidation, call } = patch.request;
  const text = JSON.stringify(patched) ?? 'null';
  const { group, version, kind, type } = expected;
  try {
    const decoded = decodeObject(encoder.encode(text), {
      format: 'json',
      expected: { group, version, kind },
      type,
      fieldValidation: fieldValidation === 'Ignore' ? 'Ignore' : 'Warn',
    });
    const faults = [...patch.faults, ...decoded.warnings];
    if (fieldValidation === 'Strict' && faults.length > 0)
      throw invalidPatch(patch, text, `strict decoding error: ${faults.join(', ')}`);
    for (const fault of faults) call.warn(fault);
    return finished(decoded.object, expected);
  } catch (error) {
    throw error instanceof DecodeError ? invalidPatch(patch, text, error.message) : error;
  }
}

function invalidPatch({ request, value }: ReadPatch, text: string, why: string): StatusError {
  const shown = request.kind === 'strategic' ? goPrint(value ?? {}) : text;
  const error = invalid({ group: '', kind: '' }, '', [fieldError.invalid('patch', shown, why)]);
  const { causes } = error.details ?? {};
  return new StatusError(error.code, error.reason, error.message, causes === undefined ? {} : { causes });
}
