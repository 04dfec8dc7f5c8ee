import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTooManyRequests, StatusError } from '#api/status.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';
import { deadlineMs, withDeadline } from '#apiserver/chain/deadline.ts';
import { Fairness } from '#apiserver/chain/fairness.ts';

const user = (name: string, ...groups: string[]) => ({ name, groups });

/** Work that is finished by name. */
function jobs() {
  const started: string[] = [];
  const finish = new Map<string, () => void>();
  const job = (name: string) => () => {
    started.push(name);
    return new Promise<string>((resolve) => finish.set(name, () => resolve(name)));
  };
  return { started, job, finish: (name: string) => finish.get(name)?.() };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('users who wait take turns, each in their own order', async () => {
  const fairness = new Fairness({ reads: 1, writes: 1, queueLength: 10 });
  const { started, job, finish } = jobs();
  const all = ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'].map((name) =>
    fairness.run(user(name[0] as string), 'read', job(name)),
  );
  for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']) {
    assert.equal(started.at(-1), name);
    finish(name);
    await settled();
  }
  assert.deepEqual(await Promise.all(all), ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']);
});

test('users are charged for what their requests cost, and who comes back has no credit', async () => {
  let nowMs = 0;
  const fairness = new Fairness({ reads: 1, writes: 1, queueLength: 100 }, () => nowMs);
  const started: string[] = [];
  const costs = { dear: 10, cheap: 2, late: 2 };
  const ask = (name: keyof typeof costs): Promise<void> =>
    fairness.run(user(name), 'read', async () => {
      started.push(name);
      nowMs += costs[name];
      await settled();
    }) as Promise<void>;
  const first = [...Array.from({ length: 4 }, () => ask('dear')), ...Array.from({ length: 12 }, () => ask('cheap'))];
  await Promise.all(first.slice(0, 2));
  const late = [ask('late'), ask('late')];
  await Promise.all([...first, ...late]);
  // Five cheap ones for one that is dear; the late user takes turns with the cheap one, and has nothing to catch up on.
  assert.equal(started.map((name) => name[0]).join(''), 'dcccccdclclcccdccd');
});

test('reading does not wait for writing, and administrators wait for nobody', () => {
  const fairness = new Fairness({ reads: 1, writes: 1, queueLength: 10 });
  const { started, job } = jobs();
  for (const name of ['w1', 'w2']) void fairness.run(user('a'), 'write', job(name));
  void fairness.run(user('a'), 'read', job('r1'));
  void fairness.run(user('root', 'system:masters'), 'write', job('m1'));
  assert.deepEqual(started, ['w1', 'r1', 'm1']);
});

test('a user with too much waiting is told to come back', () => {
  const fairness = new Fairness({ reads: 1, writes: 1, queueLength: 1 });
  const { job } = jobs();
  void fairness.run(user('a'), 'read', job('1'));
  void fairness.run(user('a'), 'read', job('2'));
  assert.throws(() => fairness.run(user('a'), 'read', job('3')), isTooManyRequests);
  void fairness.run(user('b'), 'read', job('4'));
});

test('a failure gives its place away, too', async () => {
  const fairness = new Fairness({ reads: 1, writes: 1, queueLength: 1 });
  await assert.rejects(async () => fairness.run(user('a'), 'read', () => Promise.reject(new Error('x'))), /x/);
  await assert.rejects(
    async () =>
      fairness.run(user('a'), 'read', () => {
        throw new Error('y');
      }),
    /y/,
  );
  assert.equal(await fairness.run(user('a'), 'read', () => 1), 1);
});

const timeouts: [string, number][] = [
  ['', 60_000],
  ['timeout=5s', 5000],
  ['a=b&timeout=1m0.5s', 60_000],
  ['timeout=1.5s', 1500],
  ['timeout=0', 60_000],
  ['timeout=-3s', 60_000],
  ['timeout=250ms', 250],
];
for (const [query, expected] of timeouts) {
  test(`?${query} allows ${expected} ms`, () => assert.equal(deadlineMs(query), expected));
}

for (const [query, message] of [
  ['timeout=abc', 'invalid timeout specified in the request URL - time: invalid duration "abc"'],
  ['timeout=5', 'invalid timeout specified in the request URL - time: missing unit in duration "5"'],
] as [string, string][]) {
  test(`?${query} is a bad request`, () => {
    assert.throws(
      () => deadlineMs(query),
      (error) => error instanceof StatusError && error.code === 400 && error.message === message,
    );
  });
}

test('what does not come to an end is answered 504', async () => {
  const clock = new VirtualClock();
  const answered = Promise.resolve(withDeadline(clock, 1000, new Promise(() => {})));
  const rejected = assert.rejects(
    answered,
    (error) =>
      error instanceof StatusError &&
      error.code === 504 &&
      error.message === 'Timeout: request did not complete within the allotted timeout',
  );
  await clock.run(1001);
  await rejected;
});
