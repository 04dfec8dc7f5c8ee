import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fetch } from '#base/fetch.ts';
import { schemaFailures, loadValidator } from '#platform/charts/schema.ts';
import { documentsIn, documentsOf, fetchRemoteSchemas } from '#platform/charts/schema-documents.ts';
import { loadChart } from '#platform/charts/load.ts';
import type { Table } from '#platform/charts/values/table.ts';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const files = (held: Readonly<Record<string, unknown>>) =>
  documentsIn((name) => (Object.hasOwn(held, name) ? bytes(held[name]) : undefined));
const values: Table = new Map<string, unknown>([['port', 'http']]) as Table;
const port = { $defs: { port: { type: 'integer' } }, definitions: { port: { type: 'integer' } } };

const cases: Readonly<Record<string, { schema: object; held: Readonly<Record<string, unknown>>; answer: RegExp }>> = {
  'a file of the chart': {
    schema: { properties: { port: { $ref: 'schemas/port.json#/$defs/port' } } },
    held: { 'schemas/port.json': port },
    answer: /got string, want integer/,
  },
  'a file that refers to its neighbour': {
    schema: { properties: { port: { $ref: './schemas/first.json' } } },
    held: { 'schemas/first.json': { $ref: 'port.json#/$defs/port' }, 'schemas/port.json': port },
    answer: /got string, want integer/,
  },
  'files that refer to each other': {
    schema: { $ref: 'a.json' },
    held: { 'a.json': { properties: { b: { $ref: 'b.json' } }, maxProperties: 0 }, 'b.json': { $ref: 'a.json' } },
    answer: /maxProperties/,
  },
  'draft 4': {
    schema: {
      $schema: 'http://json-schema.org/draft-04/schema#',
      properties: { port: { $ref: 'p.json#/definitions/port' } },
    },
    held: { 'p.json': { $schema: 'http://json-schema.org/draft-04/schema#', ...port } },
    answer: /got string, want integer/,
  },
  'draft 7': {
    schema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { port: { $ref: 'p.json#/definitions/port' } },
    },
    held: { 'p.json': port },
    answer: /got string, want integer/,
  },
  'a file that is not there': {
    schema: { $ref: 'nope.json' },
    held: {},
    answer: /the chart has no file nope\.json/,
  },
  'a way out of the chart': {
    schema: { $ref: '../../etc/passwd' },
    held: {},
    answer: /the chart has no file etc\/passwd/,
  },
  'an address': {
    schema: { $ref: 'https://example.com/port.json' },
    held: {},
    answer: /only fetched with --allow-remote-schemas/,
  },
  'a relative reference below an identity elsewhere': {
    schema: { $id: 'https://example.com/values.json', properties: { port: { $ref: 'port.json' } } },
    held: { 'port.json': port },
    answer: /only fetched with --allow-remote-schemas/,
  },
};

for (const [name, { schema, held, answer }] of Object.entries(cases))
  test(`references of a schema: ${name}`, async () => {
    await loadValidator();
    assert.match(schemaFailures(bytes(schema), values, files(held)), answer);
  });

test('what is fetched before is found, and what that refers to', async () => {
  await loadValidator();
  const asked: string[] = [];
  const served: Readonly<Record<string, unknown>> = {
    'https://example.com/first.json': { properties: { port: { $ref: 'second.json' } } },
    'https://example.com/second.json': { type: 'integer' },
  };
  const fetch: Fetch = ({ url }) => {
    asked.push(url);
    return Promise.resolve({ status: 200, statusText: '200 OK', headers: {}, body: bytes(served[url]), url });
  };
  const schema = bytes({ $ref: 'https://example.com/first.json' });
  const metadata = new TextEncoder().encode('apiVersion: v2\nname: a\nversion: 1.0.0\n');
  const chart = await loadChart(
    [
      { name: 'Chart.yaml', data: metadata },
      { name: 'values.schema.json', data: schema },
    ],
    { unpack: () => Promise.reject(new Error('no archives here')), warn: () => {} },
  );
  await fetchRemoteSchemas(chart, fetch);
  assert.deepEqual(asked, ['https://example.com/first.json', 'https://example.com/second.json']);
  assert.match(schemaFailures(schema, values, documentsOf(chart)), /got string, want integer/);
});
