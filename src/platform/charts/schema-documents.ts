/**
 * What a values.schema.json refers to beside itself. References are resolved against `$id`, or against the chart's root:
 *
 *   { "$ref": "schemas/port.json#/$defs/port" }     schemas/port.json of the chart's own files
 *   { "$ref": "https://example.com/port.json" }     only what was fetched before (--allow-remote-schemas)
 *
 * Deviation: Helm resolves relative references against the machine's root folder, and fetches remote ones unasked.
 */
import type { Fetch } from '#base/fetch.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';

/** Answers a document by its absolute address, `file:///schemas/port.json` for a file of the chart; undefined if it is not there. */
export type SchemaDocuments = (address: string) => Uint8Array | undefined;

const chartRoot = 'file:///';
/** The address of a chart's values.schema.json. */
export const rootAddress = `${chartRoot}values.schema.json`;
const maxDocuments = 100;
const maxDocumentBytes = 5 << 20;
const decoder = new TextDecoder();

/** The documents that a chart's schema may refer to: its own files, and those fetched for it. */
export function documentsOf(chart: Chart): SchemaDocuments {
  const own = documentsIn((name) => chart.raw.find((file) => file.name === name)?.data);
  return (address) => (isRemote(address) ? chart.remoteSchemas?.get(address) : own(address));
}

/** The documents of a chart's folder. */
export function documentsIn(file: (name: string) => Uint8Array | undefined): SchemaDocuments {
  return (address) =>
    address.startsWith(chartRoot) ? file(decodeURIComponent(address.slice(chartRoot.length))) : undefined;
}

/** Everything that a schema refers to, directly or not, by address. Throws an Error that names the first one missing. */
export function referencedDocuments(schema: unknown, documents: SchemaDocuments): ReadonlyMap<string, object> {
  const found = new Map<string, object>();
  const pending = outsideReferences(schema, rootAddress);
  for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
    if (found.has(address)) continue;
    const bytes = documents(address);
    if (bytes === undefined) throw new Error(`${JSON.stringify(address)} is not valid: ${reasonOf(address)}`);
    const document = parsed(bytes, address);
    found.set(address, withoutDialect(document));
    pending.push(...outsideReferences(document, address));
  }
  return found;
}

/**
 * Fetches what the schemas of a chart and its subcharts refer to over HTTP, and keeps it with each chart. Rejects with a
 * ChartError if a document cannot be had; with more than 100 documents, or 5 MiB in one.
 */
export async function fetchRemoteSchemas(chart: Chart, fetch: Fetch): Promise<void> {
  if (chart.schema !== undefined) chart.remoteSchemas = await remoteDocuments(chart.schema, documentsOf(chart), fetch);
  for (const subchart of chart.dependencies) await fetchRemoteSchemas(subchart, fetch);
}

async function remoteDocuments(
  schema: Uint8Array,
  own: SchemaDocuments,
  fetch: Fetch,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const fetched = new Map<string, Uint8Array>();
  const seen = new Set<string>();
  const pending = outsideReferences(parsed(schema, rootAddress), rootAddress);
  for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
    if (seen.has(address)) continue;
    seen.add(address);
    if (seen.size > maxDocuments) throw new ChartError(`a schema refers to more than ${maxDocuments} documents`);
    const bytes = isRemote(address) ? await fetchDocument(address, fetch) : own(address);
    if (bytes === undefined) continue;
    if (isRemote(address)) fetched.set(address, bytes);
    pending.push(...outsideReferences(parsed(bytes, address), address));
  }
  return fetched;
}

async function fetchDocument(url: string, fetch: Fetch): Promise<Uint8Array> {
  const answer = await fetch({ method: 'GET', url, headers: {}, maxBytes: maxDocumentBytes });
  if (answer.status !== 200) throw new ChartError(`failing loading ${JSON.stringify(url)}: ${answer.statusText}`);
  return answer.body;
}

function reasonOf(address: string): string {
  return isRemote(address)
    ? 'schemas are only fetched with --allow-remote-schemas'
    : `the chart has no file ${decodeURIComponent(address.slice(chartRoot.length))}`;
}

function isRemote(address: string): boolean {
  return address.startsWith('http://') || address.startsWith('https://');
}

function parsed(bytes: Uint8Array, address: string): object {
  try {
    const document = JSON.parse(decoder.decode(bytes)) as unknown;
    return typeof document === 'object' && document !== null ? document : {};
  } catch (error) {
    throw new ChartError(`failing loading ${JSON.stringify(address)}: ${(error as Error).message}`);
  }
}

/** A schema without `$schema`: the engine is chosen already, and looks nothing up. */
export function withoutDialect(schema: object): object {
  const { $schema: _dialect, ...body } = schema as Record<string, unknown>;
  return body;
}

/** Addresses, without fragments, of what is not in the document itself. */
function outsideReferences(document: unknown, address: string): string[] {
  const references = new Set<string>();
  const identities = new Set([address]);
  collect(document, address, { references, identities });
  return [...references].filter((one) => !identities.has(one) && !one.includes('json-schema.org/'));
}

interface Seen {
  readonly references: Set<string>;
  readonly identities: Set<string>;
}

function collect(value: unknown, base: string, seen: Seen): void {
  if (Array.isArray(value)) for (const item of value) collect(item, base, seen);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const fields = value as Record<string, unknown>;
  const identity = fields['$id'] ?? fields['id'];
  const ownBase = typeof identity === 'string' ? addressOf(identity, base) : base;
  seen.identities.add(ownBase);
  for (const [key, field] of Object.entries(fields)) {
    if (key === '$ref' && typeof field === 'string') {
      if (!field.startsWith('#')) seen.references.add(addressOf(field, ownBase));
    } else if (key !== 'enum' && key !== 'const' && key !== 'default' && key !== 'examples')
      collect(field, ownBase, seen);
  }
}

function addressOf(reference: string, base: string): string {
  try {
    const url = new URL(reference, base);
    url.hash = '';
    return url.href;
  } catch {
    return base;
  }
}
