import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodLogOptions } from '#api/pod-log-options.ts';
import { FakeLogFiles } from '#sim/machine.ts';
import { readLog } from '#kubelet/logs/read-log.ts';

const path = '/log';
const lines = ['00 stdout F one', '01 stderr F two', '02 stdout P thr', '03 stdout F ee', '04 stdout F four'];
const stamp = (line: string): string => `2026-01-01T00:00:${line.slice(0, 2)}.000000000Z${line.slice(2)}\n`;
const options: PodLogOptions = { follow: false, previous: false, timestamps: false };
const nowMs = Date.parse('2026-01-01T00:01:00Z');

async function read(files: FakeLogFiles, more: Partial<PodLogOptions>): Promise<string> {
  let text = '';
  const source = { files, path, nowMs, isFinished: () => true, onProgress: () => () => {} };
  for await (const chunk of readLog(source, { ...options, ...more }, new AbortController().signal))
    text += new TextDecoder().decode(chunk);
  return text;
}

const cases: { title: string; more: Partial<PodLogOptions>; expected: string }[] = [
  { title: 'everything', more: {}, expected: 'one\ntwo\nthree\nfour\n' },
  { title: 'the last two lines, pieces joined', more: { tailLines: 2 }, expected: 'three\nfour\n' },
  { title: 'no lines', more: { tailLines: 0 }, expected: '' },
  { title: 'more lines than there are', more: { tailLines: 99 }, expected: 'one\ntwo\nthree\nfour\n' },
  { title: 'at most so many bytes', more: { limitBytes: 5 }, expected: 'one\nt' },
  { title: 'since an instant', more: { sinceTime: '2026-01-01T00:00:04Z' }, expected: 'four\n' },
  { title: 'since so many seconds', more: { sinceSeconds: 56 }, expected: 'four\n' },
  {
    title: 'with timestamps',
    more: { tailLines: 1, timestamps: true },
    expected: '2026-01-01T00:00:04.000000000Z four\n',
  },
];
for (const { title, more, expected } of cases) {
  test(title, async () => {
    const files = new FakeLogFiles();
    for (const line of lines) files.append(path, stamp(line));
    assert.equal(await read(files, more), expected);
  });
}

test('a log that is not there is empty', async () => assert.equal(await read(new FakeLogFiles(), {}), ''));

test('following ends when the container has ended and everything was read', async () => {
  const files = new FakeLogFiles();
  files.append(path, stamp('00 stdout F one'));
  let finished = false;
  let progress = (): void => {};
  const source = {
    files,
    path,
    nowMs,
    isFinished: () => finished,
    onProgress: (listener: () => void) => {
      progress = listener;
      return () => {};
    },
  };
  const seen: string[] = [];
  for await (const chunk of readLog(source, { ...options, follow: true }, new AbortController().signal)) {
    seen.push(new TextDecoder().decode(chunk));
    if (seen.length === 1) files.append(path, stamp('01 stdout F two'));
    else {
      finished = true;
      progress();
    }
  }
  assert.deepEqual(seen, ['one\n', 'two\n']);
});

test('following goes on in the new log after a rotation, and misses nothing of the old one', async () => {
  const files = new FakeLogFiles();
  files.append(path, stamp('00 stdout F one'));
  const stop = new AbortController();
  const source = { files, path, nowMs, isFinished: () => false, onProgress: () => () => {} };
  const seen: string[] = [];
  for await (const chunk of readLog(source, { ...options, follow: true }, stop.signal)) {
    seen.push(new TextDecoder().decode(chunk));
    if (seen.length === 1) {
      files.append(path, stamp('01 stdout F two'));
      await files.rename(path, `${path}.20260101-000001`);
      files.append(path, stamp('02 stdout F 3'));
    } else if (seen.length === 3) files.append(path, stamp('03 stdout F four'));
    else if (seen.length === 4) stop.abort();
  }
  assert.deepEqual(seen, ['one\n', 'two\n', '3\n', 'four\n']);
});
