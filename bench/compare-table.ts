/** The rows of the table against the original: what each compares, its target, and the verdict. */
import { cpus, loadavg, release, totalmem } from 'node:os';

export interface Sample {
  readonly of: string;
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly noisy: boolean;
}

/** Medians of both; undefined: not measured. */
export interface Measured {
  readonly id: string;
  readonly unit: string;
  readonly ours: number | undefined;
  readonly original: number | undefined;
  readonly noisy: boolean;
}

export interface TableRow {
  readonly what: string;
  readonly unit: string;
  readonly ours: number | undefined;
  readonly original: number | undefined;
  /** How many times better ours is. */
  readonly ratio: number | undefined;
  /** The ratio to reach; half of it is the least. Undefined: an absolute target, or none. */
  readonly target: number | undefined;
  readonly atMost: number | undefined;
  readonly noisy: boolean;
}

interface Wanted {
  readonly id: string;
  readonly what: string;
  readonly target?: number;
  /** In the row's unit. */
  readonly atMost?: number;
  readonly better?: 'higher';
}

function pair(operation: string, what: string, alone: number | undefined, together: number): readonly Wanted[] {
  const rate = (clients: number, target: number | undefined): Wanted[] => [
    {
      id: `${operation}.c${clients}.rate`,
      what: `${what}, ${clients}`,
      better: 'higher',
      ...(target === undefined ? {} : { target }),
    },
    {
      id: `${operation}.c${clients}.server-cpu`,
      what: `${what}, ${clients}: server CPU`,
      ...(target === undefined ? {} : { target }),
    },
  ];
  return [...rate(1, alone), ...rate(64, together)];
}

const wanted: readonly Wanted[] = [
  { id: 'first.start.ready', what: 'start → /readyz, first', atMost: 1000 },
  { id: 'again.start.ready', what: 'start → /readyz, existing data', atMost: 500 },
  { id: 'first.start.cpu-to-ready', what: 'start: server CPU, first' },
  { id: 'again.start.cpu-to-ready', what: 'start: server CPU, existing data' },
  { id: 'again.start.idle.total.rss', what: 'idle memory', atMost: 120 },
  { id: 'again.start.idle.total.cpu', what: 'idle CPU', atMost: 0.5 },
  { id: 'again.start.idle.total.disk', what: 'idle disk writes', atMost: 0 },
  ...pair('create-cm', 'create ConfigMap', 2, 8),
  ...pair('create-pod', 'create Pod', 3, 10),
  ...pair('update-pod', 'update Pod', undefined, 10),
  ...pair('merge-pod', 'merge patch of a Pod', undefined, 10),
  ...pair('strategic-pod', 'strategic patch of a Pod', undefined, 10),
  ...pair('get-pod', 'GET Pod', undefined, 8),
  { id: 'list.json.total', what: 'LIST pods, JSON', target: 10 },
  { id: 'list.json-gzip.total', what: 'LIST pods, gzip', target: 3 },
  { id: 'list.table.total', what: 'LIST pods, Table', target: 3 },
  { id: 'list.selector-1pct.total', what: 'LIST pods, 1 % by label', target: 8 },
  { id: 'list.json.server-cpu', what: 'LIST pods, JSON: server CPU', target: 10 },
  { id: 'list.json-gzip.server-cpu', what: 'LIST pods, gzip: server CPU', target: 3 },
  { id: 'list.table.server-cpu', what: 'LIST pods, Table: server CPU', target: 3 },
  { id: 'list.selector-1pct.server-cpu', what: 'LIST pods, 1 % by label: server CPU', target: 8 },
  { id: 'watch1000.r10.p99', what: 'watch: 1,000 watchers × 10/s, p99', atMost: 12 },
  { id: 'watch1000.r10.server-cpu', what: 'watch: server CPU per delivery', atMost: 5 },
  { id: 'watch1000.burst', what: 'watch: deliveries in a burst', better: 'higher', target: 5 },
];

/** `list10k.` and `list2k.` are one row, and the sum of one process is that process. */
export function rowId(id: string): string {
  return id.replace(/^list\d+k?\./, 'list.').replace('.idle.server.', '.idle.total.');
}

export function tableRows(measured: readonly Measured[]): readonly TableRow[] {
  const byId = new Map(measured.map((row) => [row.id, row]));
  return wanted.flatMap(({ id, what, target, atMost, better }) => {
    const row = byId.get(id);
    if (row === undefined) return [];
    const { ours, original, unit, noisy } = row;
    const ratio =
      ours === undefined || original === undefined
        ? undefined
        : better === 'higher'
          ? ours / original
          : original / ours;
    return [{ what, unit, ours, original, ratio, target, atMost, noisy }];
  });
}

export function renderTable(rows: readonly TableRow[], flags: Readonly<Record<string, string>>): string {
  const options = Object.entries(flags)
    .filter(([name]) => name !== 'out')
    .map(([name, value]) => `--${name} ${value}`);
  const head = [
    `# Against etcd + kube-apiserver v1.36.3, ${new Date().toISOString()}`,
    '',
    `${machine()}. Servers on one core, kbench on another, in turns in the same run (${options.join(' ')}); both over TLS and with durable writes.`,
    'Medians. `~`: other processes used more than 0.15 core in one of the runs; then CPU per operation is the figure that holds.',
    '',
    '| what | ours | the original | ratio | target | |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  return `${[...head, ...rows.map(line)].join('\n')}\n`;
}

/** A row of the table, in Markdown. */
export function line(row: TableRow): string {
  const { what, unit, ours, original, ratio, target, atMost, noisy } = row;
  const figure = (value: number | undefined): string =>
    value === undefined ? '–' : `${Number(value.toPrecision(4))} ${unit}`;
  const aim = target !== undefined ? `${target}×` : atMost !== undefined ? `≤ ${atMost} ${unit}` : '';
  return `| ${what} | ${figure(ours)}${noisy ? ' ~' : ''} | ${figure(original)} | ${ratio === undefined || !Number.isFinite(ratio) ? '–' : `${ratio.toFixed(1)}×`} | ${aim} | ${verdict(row)} |`;
}

function verdict({ ours, ratio, target, atMost }: TableRow): string {
  if (target !== undefined && ratio !== undefined)
    return ratio >= target ? 'reached' : ratio >= target / 2 ? 'half' : 'below half';
  if (atMost !== undefined && ours !== undefined) return ours <= atMost ? 'reached' : 'not reached';
  return '';
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? sorted[middle]
    : sorted.length === 0
      ? undefined
      : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}`;
}
