/** The port for metrics in Prometheus' model. base/prometheus.ts keeps them; tests use {@link noMetrics}. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  histogram(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]): Histogram;
  /** The text exposition format, version 0.0.4. */
  expose(): Promise<string>;
}
export type Labels = Readonly<Record<string, string>>;
export interface Counter {
  inc(labels?: Labels, by?: number): void;
}
export interface Gauge {
  set(value: number, labels?: Labels): void;
  inc(labels?: Labels, by?: number): void;
}
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Counts nothing. */
export const noMetrics: Metrics = {
  counter: () => ({ inc() {} }),
  gauge: () => ({ set() {}, inc() {} }),
  histogram: () => ({ observe() {} }),
  expose: () => Promise.resolve(''),
};
