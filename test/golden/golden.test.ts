import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startControlPlane } from './control-plane.ts';
import { replayTopics, topics } from './replay-topics.ts';

const baseline = JSON.parse(readFileSync(join(import.meta.dirname, 'baseline.json'), 'utf8')) as Record<string, number>;

test('no fewer recorded answers of a real kube-apiserver are equalled than before', async () => {
  const server = await startControlPlane();
  try {
    const failed: string[] = [];
    const counts = await replayTopics({
      server: server.url,
      token: server.token,
      topics,
      all: false,
      concurrency: 8,
      onTopic: () => {},
      onFailure: ({ topic, id, path }) => failed.push(`${topic} ${id} ${path}`),
    });
    const fewer = [...counts].filter(([topic, { exact }]) => exact < (baseline[topic] ?? 0)).map(([topic]) => topic);
    assert.deepEqual(fewer, [], `fewer exact answers; all that differ:\n${failed.join('\n')}`);
  } finally {
    await server.stop();
  }
});
