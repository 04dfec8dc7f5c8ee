/** Metrics through prom-client: a registry of its own, the process's figures read when somebody asks for them. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from '#base/metrics.ts';

/** A metric asked for twice by the same name is the same metric. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  processFigures(registry);
  const once = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();
  return {
    counter(name, help, labelNames = []) {
      const counter = once(name, () => new Counter({ name, help, labelNames, registers: [registry] }));
      return { inc: (labels, by = 1) => (labels === undefined ? counter.inc(by) : counter.inc(labels, by)) };
    },
    gauge(name, help, labelNames = []) {
      const gauge = once(name, () => new Gauge({ name, help, labelNames, registers: [registry] }));
      return {
        set: (value, labels) => (labels === undefined ? gauge.set(value) : gauge.set(labels, value)),
        inc: (labels, by = 1) => (labels === undefined ? gauge.inc(by) : gauge.inc(labels, by)),
      };
    },
    histogram(name, help, labelNames, buckets) {
      const histogram = once(
        name,
        () => new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] }),
      );
      return {
        observe: (value, labels) =>
          labels === undefined ? histogram.observe(value) : histogram.observe(labels, value),
      };
    },
    expose: () => registry.metrics(),
  };
}

/** Read at exposition only: prom-client's own collection would start timers and observers. */
function processFigures(registry: Registry): void {
  const figures: [string, string, () => number][] = [
    ['process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', () => cpuSeconds()],
    ['process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss()],
    [
      'process_start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      () => Math.round(Date.now() / 1000 - process.uptime()),
    ],
    ['nodejs_heap_size_used_bytes', 'Used heap in bytes.', () => process.memoryUsage().heapUsed],
  ];
  for (const [name, help, read] of figures) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
