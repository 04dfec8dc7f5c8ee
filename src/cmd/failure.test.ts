import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Failure, sentenceOf } from '#cmd/failure.ts';

const thrown = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};
const withCode = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`${code}: raw`), { code, ...more });

for (const [name, error, sentence] of [
  ['a failure of ours', new Failure('no cluster runs on /x'), 'no cluster runs on /x'],
  ['a file that is not there', thrown(() => readFileSync('/nowhere/x')), '/nowhere/x: no such file or directory'],
  ['a folder below a file', thrown(() => mkdirSync('/etc/hostname/x')), '/etc/hostname/x is not a folder'],
  ['a full disk', withCode('ENOSPC', { syscall: 'write' }), 'the disk is full: make room and try again'],
  [
    'a folder that is not ours',
    withCode('EACCES', { path: '/root/x' }),
    'no permission for /root/x: run as root, or choose another folder with --data-dir',
  ],
  [
    'a read-only file system',
    withCode('EROFS', { path: '/mnt/x' }),
    '/mnt/x is on a read-only file system: choose another folder with --data-dir',
  ],
  ['a thrown text', 'plain', 'plain'],
] as const)
  test(`${name} is told in one sentence`, () => assert.equal(sentenceOf(error), sentence));
