import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metrics } from '#base/metrics.ts';
import { createPrometheusMetrics } from '#base/prometheus.ts';

for (const { name, use, text } of [
  {
    name: 'a counter without labels, never counted',
    use: (metrics: Metrics) => void metrics.counter('a_total', 'A.'),
    text: '# HELP a_total A.\n# TYPE a_total counter\na_total 0\n',
  },
  {
    name: 'a counter with labels, in the order declared',
    use: (metrics: Metrics) => {
      metrics.counter('a_total', 'A.', ['verb', 'code']).inc({ code: '200', verb: 'GET' });
      metrics.counter('a_total', 'A.', ['verb', 'code']).inc({ verb: 'GET', code: '200' }, 2);
      metrics.counter('a_total', 'A.', ['verb', 'code']).inc({ verb: 'a"\\\n', code: '' });
    },
    text: '# HELP a_total A.\n# TYPE a_total counter\na_total{verb="GET",code="200"} 3\na_total{verb="a\\"\\\\\\n",code=""} 1\n',
  },
  {
    name: 'a gauge',
    use: (metrics: Metrics) => {
      metrics.gauge('g', 'G\\\nand more', ['of']).set(7, { of: 'x' });
      metrics.gauge('g', '', ['of']).inc({ of: 'x' }, -2);
    },
    text: '# HELP g G\\\\\\nand more\n# TYPE g gauge\ng{of="x"} 5\n',
  },
  {
    name: 'a histogram, cumulated',
    use: (metrics: Metrics) => {
      const seconds = metrics.histogram('s', 'S.', ['of'], [0.1, 1]);
      for (const value of [0.1, 0.5, 3]) seconds.observe(value, { of: 'x' });
    },
    text: [
      '# HELP s S.',
      '# TYPE s histogram',
      's_bucket{of="x",le="0.1"} 1',
      's_bucket{of="x",le="1"} 2',
      's_bucket{of="x",le="+Inf"} 3',
      's_sum{of="x"} 3.6',
      's_count{of="x"} 3',
      '',
    ].join('\n'),
  },
  {
    name: 'a histogram without labels, nothing observed',
    use: (metrics: Metrics) => void metrics.histogram('s', 'S.', [], [1]),
    text: '# HELP s S.\n# TYPE s histogram\ns_bucket{le="1"} 0\ns_bucket{le="+Inf"} 0\ns_sum 0\ns_count 0\n',
  },
]) {
  test(`metrics as text: ${name}`, async () => {
    const metrics = createPrometheusMetrics([]);
    use(metrics);
    assert.equal(await metrics.expose(), text);
  });
}

test('figures are read when they are asked for, each metric apart from the next', async () => {
  let value = 1;
  const metrics = createPrometheusMetrics([{ name: 'v', help: 'V.', kind: 'gauge', read: () => value }]);
  metrics.counter('a_total', 'A.');
  value = 2;
  const expected = '# HELP v V.\n# TYPE v gauge\nv 2\n\n# HELP a_total A.\n# TYPE a_total counter\na_total 0\n';
  assert.equal(await metrics.expose(), expected);
});
