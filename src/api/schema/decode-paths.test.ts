import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBody } from '#api/schema/decode.ts';
import type { FieldValidation } from '#api/schema/decode.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';

// Plain bodies take a short way through normalize.ts, all others the exact one through read-exact.ts. A key given twice
// with the same value forces the exact way without changing what the body means: both must come to the same end.

/** Mostly values of the type, now and then something else. */
function nearly(type: TypeSchema, depth: number): fc.Arbitrary<unknown> {
  const anything = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.constantFrom(1.5, 3_000_000_000),
    fc.constantFrom('', 'x', '5'),
    fc.constant([]),
    fc.constant({}),
    fc.constant({ a: 1 }),
  );
  return fc.oneof({ weight: 60, arbitrary: proper(type, depth) }, { weight: 1, arbitrary: anything });
}

function proper(type: TypeSchema, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'struct': {
      const fields = [...type.fields.values()].filter(
        (field) => depth > 0 && field.go?.errorPath.startsWith('TypeMeta.') !== true,
      );
      const model: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(
        fields.map((field) => [field.name, nearly(field.type, depth - 1)]),
      );
      return fc
        .record(model, { requiredKeys: [] })
        .chain((object) =>
          fc.oneof(
            { weight: 30, arbitrary: fc.constant(object) },
            { weight: 1, arbitrary: fc.constant({ ...object, unknown: { a: 1 } }) },
          ),
        );
    }
    case 'map':
      return fc.dictionary(
        fc.constantFrom('a', 'b', '__proto__', 'constructor', 'x.y/z'),
        nearly(type.values as TypeSchema, depth - 1),
        { maxKeys: 2, noNullPrototype: true },
      );
    case 'list':
      return fc.array(nearly(type.items as TypeSchema, depth - 1), { maxLength: 2 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: -5, max: 300 });
    case 'number':
      return fc.integer();
    case 'bytes':
      return fc.constantFrom('aGk=', '', 'aGl=', 'aGk');
    case 'quantity':
      return fc.constantFrom('1', '0.5', '1000m', '1024Mi', 5, ' 1', 'x');
    case 'time':
      return fc.constantFrom('2026-01-02T03:04:05Z', '2026-01-02T03:04:05+01:00', '0001-01-01T00:00:00Z', 'x');
    case 'micro-time':
      return fc.constantFrom('2026-01-02T03:04:05.000006Z', '2026-01-02T03:04:05Z');
    case 'int-or-string':
      return fc.oneof(fc.integer(), fc.constantFrom('http', ''));
    case 'any':
      return fc.jsonValue({ maxDepth: 2 });
    default:
      return fc.constantFrom('', 'a', 'ü', '😀');
  }
}

function outcome(text: string, kind: string, definition: string, fieldValidation: FieldValidation): string {
  const expected = { group: definition.includes('.apps.') ? 'apps' : '', version: 'v1', kind };
  try {
    const request = { format: 'json', expected, type: builtinSchemas.type(definition), fieldValidation } as const;
    const { object, warnings } = decodeBody(new TextEncoder().encode(text), request);
    return JSON.stringify([sorted(object), warnings.filter((warning) => warning !== 'duplicate field "kind"')]);
  } catch (error) {
    return (error as Error).message;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => [key, sorted(field)]);
}

const kinds: readonly (readonly [string, string, string])[] = [
  ['Pod', 'v1', 'io.k8s.api.core.v1.Pod'],
  ['Service', 'v1', 'io.k8s.api.core.v1.Service'],
  ['Secret', 'v1', 'io.k8s.api.core.v1.Secret'],
  ['Node', 'v1', 'io.k8s.api.core.v1.Node'],
  ['Event', 'v1', 'io.k8s.api.core.v1.Event'],
  ['Deployment', 'apps/v1', 'io.k8s.api.apps.v1.Deployment'],
  ['ControllerRevision', 'apps/v1', 'io.k8s.api.apps.v1.ControllerRevision'],
];
for (const [kind, apiVersion, definition] of kinds) {
  test(`${kind}: the short way and the exact way agree`, () => {
    const head = `"apiVersion":"${apiVersion}","kind":"${kind}"`;
    fc.assert(
      fc.property(
        nearly(builtinSchemas.type(definition), 7),
        fc.constantFrom<FieldValidation>('Warn', 'Ignore'),
        (value, validation) => {
          fc.pre(typeof value === 'object' && value !== null && !Array.isArray(value));
          const body = JSON.stringify(value).slice(1, -1);
          const rest = body === '' ? '' : `,${body}`;
          const plain = outcome(`{${head}${rest}}`, kind, definition, validation);
          const exact = outcome(`{${head},"kind":"${kind}"${rest}}`, kind, definition, validation);
          assert.equal(plain, exact);
        },
      ),
      { numRuns: 150 },
    );
  });
}
