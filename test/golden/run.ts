/**
 * Replays recorded request sequences of a real kube-apiserver v1.36.3 against our server and counts exact answers.
 *
 *   npm run golden                          the cases whose kinds we promise today, topic by topic
 *   npm run golden -- --all                 every case there is
 *   npm run golden -- --topic patch --verbose [--only ID] [--server URL --token T] [--report FILE]
 *   npm run golden -- --keep                writes the counts to baseline.json, below which the test fails
 *
 * Starts `wheelhouse up --no-node --no-controllers --ephemeral` itself unless --server names one.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startControlPlane } from './control-plane.ts';
import { allTopics, type Count, type Failure, replayTopics, topics } from './replay-topics.ts';

const { values: flags } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    topic: { type: 'string' },
    only: { type: 'string' },
    server: { type: 'string' },
    token: { type: 'string' },
    report: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: '8' },
  },
});

const server = flags.server === undefined ? await startControlPlane() : undefined;
const failures: Failure[] = [];
const counts = await replayTopics({
  server: flags.server ?? server?.url ?? '',
  token: flags.token ?? server?.token ?? '',
  topics: flags.topic?.split(',') ?? (flags.all ? allTopics : topics),
  all: flags.all,
  ...(flags.only === undefined ? {} : { only: flags.only }),
  concurrency: Number(flags.concurrency),
  onTopic: (topic, count) => process.stdout.write(`${line(topic, count)}\n`),
  onFailure: (failure) => {
    failures.push(failure);
    if (flags.verbose) print(failure);
  },
});
await server?.stop();
const sum = (field: keyof Count): number => [...counts.values()].reduce((total, count) => total + count[field], 0);
const total: Count = { exact: sum('exact'), loose: sum('loose'), total: sum('total') };
process.stdout.write(`${line('total', total)}\n${total.exact} passed, ${total.total - total.exact} failed\n`);
if (flags.report !== undefined) writeFileSync(flags.report, JSON.stringify({ total, failures }, null, 1));
if (flags.keep) {
  const baseline = Object.fromEntries([...counts].map(([topic, count]) => [topic, count.exact]));
  writeFileSync(join(import.meta.dirname, 'baseline.json'), `${JSON.stringify(baseline, null, 2)}\n`);
}

function line(name: string, { exact, loose, total: all }: Count): string {
  const percent = all === 0 ? '–' : `${((100 * exact) / all).toFixed(1)} %`;
  return `${name}: ${exact} of ${all} exact (${percent}), ${loose} in status and causes`;
}

function print({ topic, id, step, path, expected, actual }: Failure): void {
  const text = (value: unknown): string => JSON.stringify(value)?.slice(0, 600) ?? 'undefined';
  process.stdout.write(
    `FAIL ${topic} ${id} step ${step} ${path}\n  expected ${text(expected)}\n  actual   ${text(actual)}\n`,
  );
}
