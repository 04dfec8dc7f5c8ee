import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/logger.ts';
import { containerLogLimits, LogRotation } from '#kubelet/logs/log-rotation.ts';
import type { ContainerStatus } from '#kubelet/runtime.ts';
import { FakeLogFiles } from '#sim/machine.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';

const path = '/logs/pod/main/0.log';
const tooMuch = 'x'.repeat(containerLogLimits.maxBytes + 1);

function world(reopen: () => Promise<void> = () => Promise.resolve()) {
  const clock = new VirtualClock();
  const files = new FakeLogFiles();
  const running = [{ id: 'c1', logPath: path } as ContainerStatus];
  const reopened: string[] = [];
  const runtime = {
    reopenLog: async (id: string) => {
      await reopen();
      reopened.push(id);
    },
  };
  const rotation = new LogRotation({ clock, log: silentLogger, files, runtime, running: () => running });
  const names = async (): Promise<string[]> =>
    (await files.rotated(path)).map((name) => name.slice(path.length).replace(/\d{8}-\d{6}/, 'TIME'));
  return { clock, files, running, reopened, rotation, names };
}

test('a log over the limit is renamed and a new one is begun; a small one is left alone', async () => {
  const { clock, files, reopened, rotation, names } = world();
  files.append(path, 'a line\n');
  rotation.wake();
  await clock.run(10_000);
  assert.deepEqual([reopened, await names()], [[], []]);
  files.append(path, tooMuch);
  await clock.run(10_000);
  assert.deepEqual([reopened, await names()], [['c1'], ['.TIME']]);
  rotation.close();
});

test('five files are kept in all, of the older ones only the newest is not compressed', async () => {
  const { clock, files, reopened, rotation, names } = world();
  rotation.wake();
  for (let i = 0; i < 7; i++) {
    files.append(path, tooMuch);
    await clock.run(10_000);
  }
  assert.equal(reopened.length, 7);
  assert.deepEqual(await names(), ['.TIME.gz', '.TIME.gz', '.TIME.gz', '.TIME']);
  rotation.close();
});

test('a log that the runtime does not open again keeps its name', async () => {
  const { clock, files, rotation, names } = world(() => Promise.reject(new Error('no')));
  files.append(path, tooMuch);
  rotation.wake();
  await clock.run(10_000);
  assert.deepEqual(await names(), []);
  assert.equal(await files.size(path), tooMuch.length);
  rotation.close();
});

test('no timer exists while nothing runs', async () => {
  const { clock, files, running, reopened, rotation } = world();
  running.length = 0;
  files.append(path, tooMuch);
  rotation.wake();
  await clock.run(60_000);
  assert.deepEqual(reopened, []);
});
