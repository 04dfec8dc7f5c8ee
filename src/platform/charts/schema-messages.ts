/** ajv's errors in the words of Helm's validator (santhosh-tekuri/jsonschema): `at '/a/b': got string, want integer`. */
import type { ErrorObject } from 'ajv';

/** One failure, without the dash before it. */
export function schemaMessage(error: ErrorObject): string {
  return `at ${quote(error.instancePath)}: ${reasonOf(error)}`;
}

function reasonOf(error: ErrorObject): string {
  const params = error.params as Record<string, unknown>;
  const { limit } = params;
  switch (error.keyword) {
    case 'type':
      return `got ${jsonType(error.data)}, want ${[params['type']].flat().join(' or ')}`;
    case 'required':
      return `missing property ${quote(String(params['missingProperty']))}`;
    case 'additionalProperties':
      return `additional properties ${quote(String(params['additionalProperty']))} not allowed`;
    case 'enum':
      return enumReason(params['allowedValues'] as readonly unknown[]);
    case 'const':
      return isPrimitive(params['allowedValue'])
        ? `value must be ${display(params['allowedValue'])}`
        : "'const' failed";
    case 'pattern':
      return `${display(error.data)} does not match pattern ${quote(String(params['pattern']))}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `${error.keyword}: got ${String(error.data)}, want ${String(limit)}`;
    case 'minLength':
    case 'maxLength':
      return `${error.keyword}: got ${[...String(error.data)].length}, want ${String(limit)}`;
    case 'minItems':
    case 'maxItems':
      return `${error.keyword}: got ${(error.data as unknown[]).length}, want ${String(limit)}`;
    case 'minProperties':
    case 'maxProperties':
      return `${error.keyword}: got ${Object.keys(error.data as object).length}, want ${String(limit)}`;
    case 'uniqueItems':
      return `items at ${String(params['j'])} and ${String(params['i'])} are equal`;
    case 'multipleOf':
      return `multipleOf: got ${String(error.data)}, want ${String(params['multipleOf'])}`;
    case 'oneOf':
      return oneOfReason(params['passingSchemas']);
    case 'anyOf':
    case 'allOf':
    case 'not':
      return `'${error.keyword}' failed`;
    case 'false schema':
      return 'false schema';
    default:
      return error.message ?? `'${error.keyword}' failed`;
  }
}

function oneOfReason(passing: unknown): string {
  if (!Array.isArray(passing)) return "'oneOf' failed, none matched";
  return `'oneOf' failed, subschemas ${passing.slice(0, 2).join(', ')} matched`;
}

function enumReason(allowed: readonly unknown[]): string {
  if (!allowed.every(isPrimitive)) return "'enum' failed";
  const shown = allowed.map(display).join(', ');
  return allowed.length === 1 ? `value must be ${shown}` : `value must be one of ${shown}`;
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function display(value: unknown): string {
  return typeof value === 'string' ? quote(value) : String(value);
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const typeOrder = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'];

/** The words of single failures; undefined where a limit holds. */
export const reasons = {
  typeOf: jsonType,
  type: (got: string, wanted: readonly string[]): string =>
    `got ${got}, want ${typeOrder.filter((type) => wanted.includes(type)).join(' or ')}`,
  constant: (wanted: unknown): string => (isPrimitive(wanted) ? `value must be ${display(wanted)}` : "'const' failed"),
  oneOfValues: enumReason,
  atLeast: (name: string, got: number, limit: unknown): string | undefined =>
    typeof limit === 'number' && got < limit ? `${name}: got ${numberText(got)}, want ${numberText(limit)}` : undefined,
  atMost: (name: string, got: number, limit: unknown): string | undefined =>
    typeof limit === 'number' && got > limit ? `${name}: got ${numberText(got)}, want ${numberText(limit)}` : undefined,
} as const;

/** Numbers as the English messages have them: `8,080`. */
export function numberText(value: number): string {
  const [whole = '', fraction] = String(value).split('.');
  if (whole.includes('e')) return String(value);
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

export function joinQuoted(texts: readonly string[]): string {
  return texts.map(quote).join(', ');
}

/** In single quotes. */
export function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner}'`;
}
