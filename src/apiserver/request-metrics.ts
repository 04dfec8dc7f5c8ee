/**
 * What /metrics says about requests, under upstream's names. Requests are counted in plain objects, one per combination of
 * labels, and become text only when somebody asks: a request costs a map lookup and a few additions.
 * @see https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import type { RequestInfo } from '#apiserver/request-info.ts';

/** Upper bounds in seconds; upstream's. */
const bounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
] as const;

/** Paths can name any resource; nobody may fill the memory with names. */
const maxSeries = 10_000;

interface Series {
  readonly labels: string;
  readonly byCode: Map<number, number>;
  /** Of each bucket alone; the last is beyond all bounds. */
  readonly buckets: number[];
  sum: number;
}

export type RequestKind = 'readOnly' | 'mutating';

/** Invariant: every request that was begun is ended once. */
export class RequestMetrics {
  readonly #series = new Map<string, Series>();
  readonly #inFlight = { readOnly: 0, mutating: 0 };

  begin(kind: RequestKind): void {
    this.#inFlight[kind]++;
  }

  end(kind: RequestKind): void {
    this.#inFlight[kind]--;
  }

  /** `seconds` undefined: a request without an end of its own (watch, log), which is counted but not timed. */
  record(info: RequestInfo, dryRun: string, code: number, seconds: number | undefined): void {
    const verb = verbOf(info);
    const key = `${verb} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${scopeOf(info)} ${dryRun}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= maxSeries) return;
      series = {
        labels: labelsOf(info, verb, dryRun),
        byCode: new Map(),
        buckets: bounds.map(() => 0).concat(0),
        sum: 0,
      };
      this.#series.set(key, series);
    }
    series.byCode.set(code, (series.byCode.get(code) ?? 0) + 1);
    if (seconds === undefined) return;
    series.sum += seconds;
    const at = bounds.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? bounds.length : at;
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
  }

  /** The text format of Prometheus. */
  expose(): string {
    const total = 'apiserver_request_total';
    const duration = 'apiserver_request_duration_seconds';
    const counts: string[] = [];
    const times: string[] = [];
    for (const { labels, byCode, buckets, sum } of this.#series.values()) {
      for (const [code, count] of byCode) counts.push(`${total}{code="${code}",${labels}} ${count}`);
      let below = 0;
      buckets.forEach((count, i) => {
        below += count;
        times.push(`${duration}_bucket{${labels},le="${bounds[i] ?? '+Inf'}"} ${below}`);
      });
      if (below === 0) times.splice(-buckets.length);
      else times.push(`${duration}_sum{${labels}} ${sum}`, `${duration}_count{${labels}} ${below}`);
    }
    return [
      ...head('apiserver_current_inflight_requests', 'gauge', 'Requests being answered, per request kind.'),
      ...Object.entries(this.#inFlight).map(
        ([kind, count]) => `apiserver_current_inflight_requests{request_kind="${kind}"} ${count}`,
      ),
      ...head(total, 'counter', 'Requests by verb, dry run, group, version, resource, scope and HTTP code.'),
      ...counts,
      ...head(duration, 'histogram', 'Time to the answer by verb, dry run, group, version, resource and scope.'),
      ...times,
      '',
    ].join('\n');
  }
}

function head(name: string, type: string, help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

const verbs: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  deletecollection: 'DELETECOLLECTION',
  proxy: 'CONNECT',
};
const connecting = new Set(['exec', 'attach', 'portforward', 'proxy', 'log']);

function verbOf({ verb, subresource }: RequestInfo): string {
  return connecting.has(subresource) ? 'CONNECT' : (verbs[verb] ?? verb.toUpperCase());
}

function scopeOf({ name, namespace, verb }: RequestInfo): string {
  if (name !== '' || verb === 'create') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}

/** Values come out of paths: quotes and backslashes cannot stand in a known resource, but in an unknown one. */
function labelsOf(info: RequestInfo, verb: string, dryRun: string): string {
  const { group, version, resource, subresource } = info;
  const labels = {
    component: 'apiserver',
    dry_run: dryRun,
    group,
    resource,
    scope: scopeOf(info),
    subresource,
    verb,
    version,
  };
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}
