/** The metrics of this process: Prometheus' text, with the process's own figures. */
import type { Metrics } from '#base/metrics.ts';
import { createPrometheusMetrics, type Figure } from '#base/prometheus.ts';

export function createMetrics(): Metrics {
  return createPrometheusMetrics(processFigures);
}

const processFigures: readonly Figure[] = [
  {
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    kind: 'counter',
    read: cpuSeconds,
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    kind: 'gauge',
    read: () => process.memoryUsage.rss(),
  },
  {
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    kind: 'gauge',
    read: () => Math.round(Date.now() / 1000 - process.uptime()),
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    help: 'Used heap in bytes.',
    kind: 'gauge',
    read: () => process.memoryUsage().heapUsed,
  },
];

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
