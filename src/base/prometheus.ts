/**
 * Metrics in memory and as Prometheus' text, version 0.0.4. A library for this would be a fifth of the time to start.
 *
 *     # HELP requests_total Requests.
 *     # TYPE requests_total counter
 *     requests_total{verb="GET"} 3
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { Counter, Gauge, Histogram, Labels, Metrics } from '#base/metrics.ts';

type Kind = 'counter' | 'gauge' | 'histogram';

/** One metric with all its label values. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  lines(): Iterable<string>;
}

/** A figure that is read when somebody asks for it. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  read(): number;
}

/** A metric asked for twice by the same name is the same metric. */
export function createPrometheusMetrics(figures: readonly Figure[]): Metrics {
  const families = new Map<string, Family>();
  for (const figure of figures)
    families.set(figure.name, { ...figure, lines: () => [`${figure.name} ${figure.read()}`] });
  const once = <F extends Family>(name: string, make: () => F): F => {
    const known = families.get(name) as F | undefined;
    const family = known ?? make();
    families.set(name, family);
    return family;
  };
  return {
    counter: (name, help, labelNames = []) => once(name, () => new Values({ name, help, kind: 'counter', labelNames })),
    gauge: (name, help, labelNames = []) => once(name, () => new Values({ name, help, kind: 'gauge', labelNames })),
    histogram: (name, help, labelNames, buckets) =>
      once(name, () => new Buckets({ name, help, kind: 'histogram', labelNames }, buckets)),
    expose: () => Promise.resolve([...families.values()].map(exposition).join('\n')),
  };
}

function exposition({ name, help, kind, lines }: Family): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return [`# HELP ${name} ${escaped}`, `# TYPE ${name} ${kind}`, ...lines(), ''].join('\n');
}

interface Declared {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly labelNames: readonly string[];
}

/** `{verb="GET",code="200"}` without the braces, in the order declared; '' without labels. */
function labelText(labelNames: readonly string[], labels: Labels | undefined): string {
  let text = '';
  for (const name of labelNames) {
    const value = labels?.[name];
    if (value === undefined) continue;
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    text += `${text === '' ? '' : ','}${name}="${escaped}"`;
  }
  return text;
}

/** Invariant: without label names there is a value from the start. */
class Values implements Counter, Gauge, Family {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly #labelNames: readonly string[];
  readonly #values = new Map<string, number>();

  constructor({ name, help, kind, labelNames }: Declared) {
    this.name = name;
    this.help = help;
    this.kind = kind;
    this.#labelNames = labelNames;
    if (labelNames.length === 0) this.#values.set('', 0);
  }

  inc(labels?: Labels, by = 1): void {
    const key = labelText(this.#labelNames, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  set(value: number, labels?: Labels): void {
    this.#values.set(labelText(this.#labelNames, labels), value);
  }

  readonly lines = (): string[] =>
    [...this.#values].map(([labels, value]) => `${this.name}${labels === '' ? '' : `{${labels}}`} ${value}`);
}

interface Observed {
  /** Not cumulated; the last is of those above all bounds. */
  readonly counts: number[];
  sum: number;
}

/** Invariant: without label names there is a row from the start. */
class Buckets implements Histogram, Family {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly #labelNames: readonly string[];
  readonly #bounds: readonly number[];
  readonly #rows = new Map<string, Observed>();

  constructor({ name, help, kind, labelNames }: Declared, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.kind = kind;
    this.#labelNames = labelNames;
    this.#bounds = bounds;
    if (labelNames.length === 0) this.#row('');
  }

  observe(value: number, labels?: Labels): void {
    const row = this.#row(labelText(this.#labelNames, labels));
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const at = found < 0 ? this.#bounds.length : found;
    row.counts[at] = (row.counts[at] as number) + 1;
    row.sum += value;
  }

  #row(key: string): Observed {
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { counts: Array.from({ length: this.#bounds.length + 1 }, () => 0), sum: 0 };
      this.#rows.set(key, row);
    }
    return row;
  }

  readonly lines = (): string[] => {
    const lines: string[] = [];
    for (const [labels, { counts, sum }] of this.#rows) {
      let total = 0;
      counts.forEach((count, i) => {
        total += count;
        const bound = `le="${this.#bounds[i] ?? '+Inf'}"`;
        lines.push(`${this.name}_bucket{${labels === '' ? bound : `${labels},${bound}`}} ${total}`);
      });
      const suffix = labels === '' ? '' : `{${labels}}`;
      lines.push(`${this.name}_sum${suffix} ${sum}`, `${this.name}_count${suffix} ${total}`);
    }
    return lines;
  };
}
