/**
 * Request bodies to objects, as upstream's serializers do it: the same checks in the same order with the same words.
 *
 *   decodeBody(bytes, { contentType: 'application/json', expected: {group: '', version: 'v1', kind: 'Pod'}, type, fieldValidation: 'Warn' })
 *     → { object, kind, warnings: ['unknown field "spec.foo"'] }
 *
 * A plain JSON body takes the short way: JSON.parse, one scan of the bytes, one pass (normalize.ts). Whatever is not plain
 * is read a second time, exactly (read-exact.ts).
 */
import { parseJsonNode, JsonSyntaxError } from '#lang/json/parse.ts';
import type { JsonNode } from '#lang/json/parse.ts';
import { scanJson } from '#lang/json/scan.ts';
import { YamlError, yamlToJson } from '#lang/yaml/to-json.ts';
import type { KubeObject } from '#api/object.ts';
import { restoreSets, withoutKnownSets } from '#api/managed-fields/interned-sets.ts';
import { badRequest } from '#api/status.ts';
import type { StatusError } from '#api/status.ts';
import type { GroupVersionKind } from '#api/schema/kinds.ts';
import { apiVersionOf, definitionOfKind, isKindOfEveryGroup, parseApiVersion } from '#api/schema/kinds.ts';
import { normalize, normalizeParsed } from '#api/schema/normalize.ts';
import { protobufToObject } from '#api/schema/protobuf.ts';
import { ReadError, readExact, readUntyped } from '#api/schema/read-exact.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';
export type BodyFormat = 'json' | 'yaml' | 'protobuf';

export interface DecodeRequest {
  readonly format: BodyFormat;
  /** The kind of the endpoint; fills in what the body does not say. */
  readonly expected: GroupVersionKind;
  /** Undefined: any JSON object (custom resources, whose fields their structural schema judges). */
  readonly type: TypeSchema | undefined;
  readonly fieldValidation: FieldValidation;
  /** The package of the internal type in texts; the first label of the group unless given (`core` for the core group). */
  readonly internalPackage?: string;
}

export interface Decoded {
  /** Has apiVersion and kind, and is normalised (see normalize.ts) if it has a type. */
  readonly object: KubeObject;
  readonly kind: GroupVersionKind;
  /** With 'Warn': what 'Strict' would have refused. Sent as Warning headers. */
  readonly warnings: readonly string[];
}

/** A body that cannot be decoded; the message is that of upstream's serializer. `kind` is absent if it could not be found out. */
export class DecodeError extends Error {
  override name = 'DecodeError';
  readonly kind: GroupVersionKind | undefined;
  constructor(message: string, kind: GroupVersionKind | undefined) {
    super(message);
    this.kind = kind;
  }
}

const formats: Readonly<Record<string, BodyFormat>> = {
  '': 'json',
  '*/*': 'json',
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
};

/** The format of a Content-Type header; undefined: 415. */
export function bodyFormat(contentType: string | undefined): BodyFormat | undefined {
  const mediaType = (contentType ?? '').split(';', 1)[0] as string;
  const name = mediaType.trim().toLowerCase();
  return Object.hasOwn(formats, name) ? formats[name] : undefined;
}

/** Decodes the body of a create or update. Throws a StatusError 400. */
export function decodeBody(bytes: Uint8Array, request: DecodeRequest): Decoded {
  try {
    return decodeObject(bytes, request);
  } catch (error) {
    throw error instanceof DecodeError ? decodeStatus(error, request.expected.kind, bytes) : error;
  }
}

/** Upstream's answer to a body it cannot decode as a `kind`. */
export function decodeStatus(error: DecodeError, kind: string, bytes: Uint8Array): StatusError {
  const given = error.kind;
  if (given !== undefined && given.kind !== '') {
    return badRequest(
      `${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${kind}: ${error.message}`,
    );
  }
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${summary(bytes)})`,
  );
}

const text = new TextDecoder();
const encoder = new TextEncoder();
const summaryBytes = 30;

function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const head = bytes.subarray(0, summaryBytes);
  const shown =
    bytes[0] === 0x7b ? text.decode(head) : Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > summaryBytes ? `${shown} ...` : shown;
}

/** The same without upstream's frame around the message. Throws {@link DecodeError}. */
export function decodeObject(bytes: Uint8Array, request: DecodeRequest): Decoded {
  switch (request.format) {
    case 'json':
      return decodeJson(bytes, request, []);
    case 'yaml':
      return decodeYaml(bytes, request);
    case 'protobuf':
      return decodeProtobuf(bytes, request);
  }
}

function decodeYaml(bytes: Uint8Array, request: DecodeRequest): Decoded {
  try {
    const { json, duplicates } = yamlToJson(text.decode(bytes));
    return decodeJson(encoder.encode(json), request, duplicates);
  } catch (error) {
    throw error instanceof YamlError ? new DecodeError(error.message, undefined) : error;
  }
}

function decodeProtobuf(bytes: Uint8Array, request: DecodeRequest): Decoded {
  const { object, kind: given } = protobufToObject(
    bytes,
    request.expected,
    (message, kind) => new DecodeError(message, kind),
  );
  const kind = withDefaults(given, request.expected);
  checkKind(kind, request);
  if (!isExpected(kind, request.expected)) throw new DecodeError(unknownConversion(kind, request), kind);
  return finish(request.type === undefined ? object : normalize(object, request.type), kind, [], request);
}

/** `yamlDuplicates`: what the YAML text says twice, as one message of Go's YAML parser. */
function decodeJson(bytes: Uint8Array, request: DecodeRequest, yamlDuplicates: readonly string[]): Decoded {
  const quick = yamlDuplicates.length === 0 ? decodePlain(bytes, request) : undefined;
  if (quick !== undefined) return quick;
  const node = parseNode(bytes);
  const kind = withDefaults(kindOfNode(node), request.expected);
  checkKind(kind, request);
  const { value, strictErrors } = readNode(node, kind, request, bytes);
  return finish(value, kind, [...yamlDuplicates, ...strictErrors], request);
}

/** Undefined if the body is not plain. */
function decodePlain(bytes: Uint8Array, request: DecodeRequest): Decoded | undefined {
  const { expected, type } = request;
  if (type === undefined) return undefined;
  const whole = jsonText.decode(bytes);
  const short = withoutKnownSets(whole);
  const value = readPlain(short?.text ?? whole, short === undefined ? bytes : encoder.encode(short.text), request);
  if (value === undefined) return undefined;
  if (short === undefined || restoreSets(value, short.sets)) return finish(value, expected, [], request);
  const again = readPlain(whole, bytes, request);
  return again === undefined ? undefined : finish(again, expected, [], request);
}

/** `bytes` are those of the text. */
function readPlain(text: string, bytes: Uint8Array, request: DecodeRequest): object | undefined {
  const parsed = tryParse(text);
  if (parsed === undefined || !saysExpected(parsed, request)) return undefined;
  const scan = scanJson(bytes);
  if (scan.inexact) return undefined;
  const result = normalizeParsed(parsed, request.type as TypeSchema, request.fieldValidation !== 'Ignore');
  return result.regular && result.keys === scan.keys ? (result.value as object) : undefined;
}

/**
 * A body may leave its kind out. With 'Ignore' it is not plain then: unknown fields pass there, and `Kind` would be one,
 * though the first look at a body takes it.
 */
function saysExpected(parsed: Record<string, unknown>, { expected, fieldValidation }: DecodeRequest): boolean {
  const { kind, apiVersion } = parsed;
  if (kind === expected.kind && apiVersion === apiVersionOf(expected)) return true;
  return kind === undefined && apiVersion === undefined && fieldValidation !== 'Ignore';
}

const jsonText = new TextDecoder('utf-8', { ignoreBOM: true });

function tryParse(json: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(json) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function parseNode(bytes: Uint8Array): JsonNode {
  try {
    return parseJsonNode(bytes);
  } catch (error) {
    throw error instanceof JsonSyntaxError ? interpretError(error.message) : error;
  }
}

function interpretError(message: string): DecodeError {
  return new DecodeError(`couldn't get version/kind; json parse error: ${message}`, undefined);
}

const findKindType = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** This first look at a body matches names without regard to case, as Go's own decoder does. */
function kindOfNode(node: JsonNode): GroupVersionKind {
  const found = { apiversion: '', kind: '' };
  if (node.type !== 'object' && node.type !== 'null') {
    throw interpretError(`json: cannot unmarshal ${node.type} into Go value of type ${findKindType}`);
  }
  for (const [key, value] of node.type === 'object' ? node.entries : []) {
    const name = key.toLowerCase();
    if (name !== 'apiversion' && name !== 'kind') continue;
    if (value.type === 'string') found[name] = value.value;
    else if (value.type !== 'null') {
      const field = name === 'kind' ? 'kind' : 'apiVersion';
      throw interpretError(`json: cannot unmarshal ${value.type} into Go struct field .${field} of type string`);
    }
  }
  const groupVersion = parseApiVersion(found.apiversion);
  if (groupVersion === undefined)
    throw new DecodeError(`unexpected GroupVersion string: ${found.apiversion}`, undefined);
  return { ...groupVersion, kind: found.kind };
}

function withDefaults(given: GroupVersionKind, expected: GroupVersionKind): GroupVersionKind {
  const kind = given.kind === '' ? expected.kind : given.kind;
  if (given.version === '' && (given.group === '' || given.group === expected.group)) {
    return { group: expected.group, version: expected.version, kind };
  }
  return { group: given.group, version: given.version, kind };
}

function isExpected(kind: GroupVersionKind, expected: GroupVersionKind): boolean {
  if (kind.kind !== expected.kind) return false;
  return (kind.version === expected.version && kind.group === expected.group) || isKindOfEveryGroup(kind.kind);
}

/** Upstream serves these groups by servers of their own, which know no other kinds. */
const separateSchemes: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

/** Refuses kinds that upstream's scheme does not know. */
function checkKind(kind: GroupVersionKind, request: DecodeRequest): void {
  if (request.type === undefined || isExpected(kind, request.expected)) return;
  if (kind.version === '') throw new DecodeError(`Object 'apiVersion' is missing in ''`, kind);
  const ownScheme = separateSchemes.has(request.expected.group) && kind.group !== request.expected.group;
  if (!ownScheme && definitionOfKind(kind) !== undefined) return;
  const apiVersion = JSON.stringify(apiVersionOf(kind));
  throw new DecodeError(
    `no kind ${JSON.stringify(kind.kind)} is registered for version ${apiVersion} in scheme "pkg/runtime/scheme.go:111"`,
    kind,
  );
}

function readNode(node: JsonNode, kind: GroupVersionKind, request: DecodeRequest, bytes: Uint8Array) {
  if (request.type === undefined) return readUntyped(node);
  try {
    if (!isExpected(kind, request.expected)) throw new DecodeError(unknownConversion(kind, request), kind);
    const { value, strictErrors } = readExact(node, request.type, bytes);
    return { value: normalizeParsed(value ?? {}, request.type, false).value, strictErrors };
  } catch (error) {
    throw error instanceof ReadError ? new DecodeError(error.message, kind) : error;
  }
}

function unknownConversion(kind: GroupVersionKind, request: DecodeRequest): string {
  const { expected } = request;
  const group = expected.group === 'events.k8s.io' ? '' : expected.group;
  const internal = request.internalPackage ?? (group === '' ? 'core' : group.split('.')[0]);
  return `converting (${kind.version}.${kind.kind}) to (${internal}.${expected.kind}): unknown conversion`;
}

function finish(
  value: unknown,
  kind: GroupVersionKind,
  strictErrors: readonly string[],
  request: DecodeRequest,
): Decoded {
  if (request.fieldValidation === 'Strict' && strictErrors.length > 0) {
    throw new DecodeError(`strict decoding error: ${strictErrors.join(', ')}`, kind);
  }
  const object = value as KubeObject;
  object.apiVersion = apiVersionOf(kind);
  object.kind = kind.kind;
  const warnings = request.fieldValidation === 'Warn' ? strictErrors.flatMap(warningLines) : [];
  return { object, kind, warnings };
}

/** Go's YAML parser reports all its errors in one text; each becomes a warning. */
function warningLines(error: string): string[] {
  const list = /^(?:error converting YAML to JSON: )?yaml: (?:unmarshal errors:\n)?/.exec(error);
  return list === null
    ? [error]
    : error
        .slice(list[0].length)
        .split('\n')
        .map((line) => line.trim());
}
