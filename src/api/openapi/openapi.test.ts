import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { BuiltinOpenApi } from '#api/openapi/documents.ts';
import type { OpenApiSpec } from '#api/openapi/spec.ts';
import { tagOf } from '#api/openapi/spec.ts';

const file = join(import.meta.dirname, '../../../spec/kubernetes/schema.json.gz');
let loads = 0;
const openApi = new BuiltinOpenApi(() => {
  loads++;
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as OpenApiSpec;
});

type Json = Record<string, unknown>;
const parse = (bytes: Uint8Array | undefined): Json => JSON.parse(new TextDecoder().decode(bytes)) as Json;

test('nothing is loaded before it is asked for', () => assert.equal(loads, 0));

test('the index names every group version with a hash of its own', () => {
  const index = openApi.index();
  assert.ok(index.has('api/v1') && index.has('apis/apps/v1') && index.has('version'));
  assert.equal(new Set(index.values()).size, index.size);
  assert.match(index.get('api/v1') ?? '', /^[0-9A-F]{32}$/);
});

test('unknown documents are not there', () => {
  for (const path of ['apis/none/v1', 'constructor', '']) assert.equal(openApi.v3(path), undefined);
});

test('every reference in every document leads somewhere', () => {
  for (const path of openApi.index().keys()) checkReferences(parse(openApi.v3(path)), path);
  checkReferences(parse(openApi.v2()), 'v2');
});

function checkReferences(document: Json, name: string): void {
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const reference = (value as Json)['$ref'];
    if (typeof reference === 'string') {
      const target = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((at, part) => (at as Json | undefined)?.[part], document);
      assert.ok(target, `${name}: ${reference}`);
    }
    for (const field of Object.values(value)) visit(field);
  };
  visit(document);
}

const tags: readonly (readonly [string, string])[] = [
  ['/api/', 'core'],
  ['/api/v1/pods', 'core_v1'],
  ['/apis/', 'apis'],
  ['/apis/apps/', 'apps'],
  ['/apis/rbac.authorization.k8s.io/v1/roles', 'rbacAuthorization_v1'],
  ['/version/', 'version'],
];
for (const [path, tag] of tags) test(`the tag of ${path}`, () => assert.equal(tagOf(path), tag));

/** Upstream's checked-in documents, where Go's module cache has them. They carry descriptions, CBOR and no version. */
const upstream = join(homedir(), 'go/pkg/mod/k8s.io/kubernetes@v1.36.3/api/openapi-spec');
const skip = existsSync(upstream) ? false : 'k8s.io/kubernetes@v1.36.3 is not in the Go module cache';

function comparable(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((item) => !/\+cbor|application\/cbor/.test(String(item))).map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, field]) => !(key === 'description' && typeof field === 'string') && !/\+cbor|application\/cbor/.test(key),
  );
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, comparable(field)]),
  );
}

test('the v3 documents are upstream’s', { skip }, () => {
  let compared = 0;
  for (const path of openApi.index().keys()) {
    const name = join(upstream, 'v3', `${path.replaceAll('/', '__')}_openapi.json`);
    if (!existsSync(name)) continue;
    const expected = comparable(JSON.parse(readFileSync(name, 'utf8'))) as Json;
    const actual = comparable(parse(openApi.v3(path))) as Json;
    assert.deepEqual(actual['paths'], expected['paths'], path);
    compared++;
  }
  assert.ok(compared > 35);
});

test('the v2 document is upstream’s in everything it has', { skip }, () => {
  const expected = comparable(JSON.parse(readFileSync(join(upstream, 'swagger.json'), 'utf8'))) as {
    paths: Json;
    definitions: Json;
  };
  const actual = comparable(parse(openApi.v2())) as { paths: Json; definitions: Json };
  for (const [path, item] of Object.entries(actual.paths)) assert.deepEqual(item, expected.paths[path], path);
  assert.ok(Object.keys(actual.paths).length > 300);
});
