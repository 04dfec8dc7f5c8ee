/**
 * Replays recorded request sequences of a real kube-apiserver v1.36.3 against our server and counts exact answers.
 *
 *   npm run golden                          the cases whose kinds we promise today, topic by topic
 *   npm run golden -- --all                 every case there is
 *   npm run golden -- --topic patch --verbose [--only ID] [--server URL --token T] [--report FILE]
 *
 * Starts `wheelhouse up --no-node --no-controllers --ephemeral` itself unless --server names one.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startControlPlane } from './control-plane.ts';
import { Client, compareCase, type Difference, type GoldenCase, pool, readCases, runCase } from './replay.mjs';
import { isCounted } from './scope.ts';

const topics = ['create', 'verbs', 'validation', 'update', 'patch', 'listwatch', 'http'];
const allTopics = [...topics, 'apply', 'crd', 'policy', 'auth'];

interface Failure extends Difference {
  readonly topic: string;
  readonly id: string;
}

const { values: flags } = parseArgs({
  options: {
    all: { type: 'boolean' },
    topic: { type: 'string' },
    only: { type: 'string' },
    server: { type: 'string' },
    token: { type: 'string' },
    report: { type: 'string' },
    verbose: { type: 'boolean' },
    concurrency: { type: 'string', default: '8' },
  },
});

const server = flags.server === undefined ? await startControlPlane() : undefined;
const client = new Client({ server: flags.server ?? server?.url ?? '', token: flags.token ?? server?.token ?? '' });
const salt = String(process.pid) + process.hrtime.bigint().toString(36);
const failures: Failure[] = [];
let passed = 0;
let loose = 0;
let total = 0;

const wanted = flags.topic === undefined ? (flags.all === true ? allTopics : topics) : flags.topic.split(',');
for (const topic of wanted) {
  const cases = readCases(join(import.meta.dirname, 'data', `${topic}.jsonl.gz`)).filter(
    (golden) =>
      (flags.only === undefined || golden.id === flags.only) &&
      (flags.all === true || flags.only !== undefined || isCounted(golden)),
  );
  const before = { passed, loose, total };
  await pool(
    cases.filter((golden) => golden.serial !== true),
    Number(flags.concurrency),
    (golden) => replay(topic, golden),
  );
  await pool(
    cases.filter((golden) => golden.serial === true),
    1,
    (golden) => replay(topic, golden),
  );
  const count = total - before.total;
  const exact = passed - before.passed;
  process.stdout.write(
    `${topic}: ${exact} of ${count} exact (${percent(exact, count)}), ${loose - before.loose} in status and causes\n`,
  );
}
process.stdout.write(`total: ${passed} of ${total} exact (${percent(passed, total)}), ${loose} in status and causes\n`);
if (flags.report !== undefined)
  writeFileSync(flags.report, JSON.stringify({ passed, loose, total, failures }, null, 1));
process.stdout.write(`${passed} passed, ${total - passed} failed\n`);
client.agent.destroy();
client.anon.destroy();
await server?.stop();

async function replay(topic: string, golden: GoldenCase): Promise<void> {
  total++;
  let difference: Difference | null;
  let isLoose = false;
  try {
    const results = await runCase(client, golden, { salt });
    difference = compareCase(golden, results, false);
    isLoose = difference === null || compareCase(golden, results, true) === null;
  } catch (error) {
    difference = { step: -1, path: '', expected: 'an answer', actual: String(error) };
  }
  if (isLoose) loose++;
  if (difference === null) {
    passed++;
    return;
  }
  failures.push({ topic, id: golden.id, ...difference });
  if (flags.verbose === true) {
    const text = (value: unknown): string => JSON.stringify(value)?.slice(0, 600) ?? 'undefined';
    process.stdout.write(
      `FAIL ${topic} ${golden.id} step ${difference.step} ${difference.path}\n  expected ${text(difference.expected)}\n  actual   ${text(difference.actual)}\n`,
    );
  }
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}
