/** Reads what release-json.ts writes, and what Helm 3 and 4 wrote. */
import { fromBase64 } from '#platform/charts/base64.ts';
import type { Chart, ChartFile, Lock } from '#platform/charts/chart.ts';
import { parseLock, parseMetadata } from '#platform/charts/metadata.ts';
import type { Hook, HookEvent, Release, ReleaseStatus } from '#platform/charts/release.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { isTable, valueOf } from '#platform/charts/values/table.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A release from its JSON text; labels are the Secret's. Throws SyntaxError if the text is no JSON. */
export function decodeRelease(json: string, labels: Readonly<Record<string, string>>): Release {
  const fields = fieldsOf(JSON.parse(json));
  const info = fieldsOf(fields['info']);
  return {
    name: text(fields['name']),
    namespace: text(fields['namespace']),
    version: Number(fields['version'] ?? 0),
    info: {
      firstDeployed: text(info['first_deployed']),
      lastDeployed: text(info['last_deployed']),
      deleted: text(info['deleted']),
      description: text(info['description']),
      status: (text(info['status']) || 'unknown') as ReleaseStatus,
      notes: text(info['notes']),
    },
    chart: decodeChart(fieldsOf(fields['chart'])),
    config: tableOf(fields['config']),
    manifest: text(fields['manifest']),
    hooks: list(fields['hooks']).map(decodeHook),
    labels,
    applyMethod: text(fields['apply_method']),
  };
}

function decodeChart(fields: Fields): Chart {
  const templates = list(fields['templates']).map(decodeFile);
  const files = list(fields['files']).map(decodeFile);
  const schema = text(fields['schema']);
  // A values.yaml among the raw files tells an empty table from none; see release-json.ts.
  const values = fields['values'] === null ? [] : [{ name: 'values.yaml', data: new Uint8Array() }];
  return {
    metadata: parseMetadata(JSON.stringify(fields['metadata'] ?? {})),
    lock: decodeLock(fields['lock']),
    templates,
    files,
    raw: [...values, ...templates, ...files],
    values: tableOf(fields['values']),
    schema: schema === '' ? undefined : fromBase64(schema),
    dependencies: [],
    parent: undefined,
  };
}

function decodeLock(value: unknown): Lock | undefined {
  return value === null || value === undefined ? undefined : parseLock(JSON.stringify(value), 'Chart.lock');
}

function decodeFile(value: unknown): ChartFile {
  const fields = fieldsOf(value);
  return { name: text(fields['name']), data: fromBase64(text(fields['data'])) };
}

function decodeHook(value: unknown): Hook {
  const fields = fieldsOf(value);
  const run = fieldsOf(fields['last_run']);
  return {
    name: text(fields['name']),
    kind: text(fields['kind']),
    path: text(fields['path']),
    manifest: text(fields['manifest']),
    events: list(fields['events']).map((event) => text(event) as HookEvent),
    lastRun: {
      startedAt: text(run['started_at']),
      completedAt: text(run['completed_at']),
      phase: text(run['phase']),
    },
    weight: Number(fields['weight'] ?? 0),
    deletePolicies: list(fields['delete_policies']).map(text),
    outputLogPolicies: list(fields['output_log_policies']).map(text),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function tableOf(value: unknown): Table {
  const table = valueOf(value);
  return isTable(table) ? table : new Map();
}
