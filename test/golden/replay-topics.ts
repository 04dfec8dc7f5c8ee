/** Replays topics of the golden corpus against a server and counts exact answers. */
import { join } from 'node:path';
import { Client, compareCase, type Difference, type GoldenCase, pool, readCases, runCase } from './replay.mjs';
import { isCounted } from './scope.ts';

/** The topics whose kinds are promised today. */
export const topics = ['create', 'verbs', 'validation', 'update', 'patch', 'listwatch', 'http'] as const;
export const allTopics = [...topics, 'apply', 'crd', 'policy', 'auth'] as const;

export interface Count {
  /** Every step's status, warnings and answer equal the recorded ones. */
  exact: number;
  /** Or differ only in the texts of messages. */
  loose: number;
  total: number;
}
export interface Failure extends Difference {
  readonly topic: string;
  readonly id: string;
}
export interface ReplayOptions {
  readonly server: string;
  readonly token: string;
  readonly topics: readonly string[];
  /** Cases beyond the promised kinds, too. */
  readonly all: boolean;
  readonly only?: string;
  readonly concurrency: number;
  readonly onTopic: (topic: string, count: Count) => void;
  readonly onFailure: (failure: Failure) => void;
}

export async function replayTopics(options: ReplayOptions): Promise<Map<string, Count>> {
  const client = new Client(options);
  const salt = String(process.pid) + process.hrtime.bigint().toString(36);
  const counts = new Map<string, Count>();
  for (const topic of options.topics) {
    const count: Count = { exact: 0, loose: 0, total: 0 };
    counts.set(topic, count);
    const cases = readCases(join(import.meta.dirname, 'data', `${topic}.jsonl.gz`)).filter((golden) =>
      isWanted(golden, options),
    );
    const replay = (golden: GoldenCase): Promise<void> =>
      replayOne(golden, { client, salt, topic, count, onFailure: options.onFailure });
    await pool(
      cases.filter((golden) => golden.serial !== true),
      options.concurrency,
      replay,
    );
    await pool(
      cases.filter((golden) => golden.serial === true),
      1,
      replay,
    );
    options.onTopic(topic, count);
  }
  client.agent.destroy();
  client.anon.destroy();
  return counts;
}

function isWanted(golden: GoldenCase, { all, only }: ReplayOptions): boolean {
  return only === undefined ? all || isCounted(golden) : golden.id === only;
}

interface Replay {
  readonly client: Client;
  readonly salt: string;
  readonly topic: string;
  readonly count: Count;
  readonly onFailure: (failure: Failure) => void;
}

async function replayOne(golden: GoldenCase, { client, salt, topic, count, onFailure }: Replay): Promise<void> {
  count.total++;
  let difference: Difference | null;
  let isLoose = false;
  try {
    const results = await runCase(client, golden, { salt });
    difference = compareCase(golden, results, false);
    isLoose = difference === null || compareCase(golden, results, true) === null;
  } catch (error) {
    difference = { step: -1, path: '', expected: 'an answer', actual: String(error) };
  }
  if (isLoose) count.loose++;
  if (difference === null) count.exact++;
  else onFailure({ topic, id: golden.id, ...difference });
}
