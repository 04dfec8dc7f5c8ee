import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnerReference } from '#api/object.ts';
import type { Verdict } from '#controller/garbage-collector/verdict.ts';
import { judge } from '#controller/garbage-collector/verdict.ts';

const ref = (uid: string): OwnerReference => ({ apiVersion: 'v1', kind: 'X', name: uid, uid });
interface Case {
  name: string;
  solid?: string[];
  dangling?: string[];
  waiting?: string[];
  finalizers?: string[];
  hasDependents?: boolean;
  want: Verdict;
}
const background: Verdict = { kind: 'delete', propagation: 'Background' };
const cases: Case[] = [
  { name: 'an owner is there', solid: ['a'], want: { kind: 'keep' } },
  { name: 'one of two owners is gone', solid: ['a'], dangling: ['b'], want: { kind: 'unlink', uids: ['b'] } },
  { name: 'one of two owners waits', solid: ['a'], waiting: ['b'], want: { kind: 'unlink', uids: ['b'] } },
  { name: 'all owners are gone', dangling: ['a'], want: background },
  { name: 'the owner waits', waiting: ['a'], want: background },
  {
    name: 'the owner waits, and there are dependents',
    waiting: ['a'],
    hasDependents: true,
    want: { kind: 'delete', propagation: 'Foreground' },
  },
  {
    name: 'it was to be deleted in the foreground',
    dangling: ['a'],
    finalizers: ['foregroundDeletion'],
    want: { kind: 'delete', propagation: 'Foreground' },
  },
  {
    name: 'its dependents were to be spared',
    dangling: ['a'],
    finalizers: ['orphan'],
    want: { kind: 'delete', propagation: 'Orphan' },
  },
];
for (const { name, solid = [], dangling = [], waiting = [], finalizers = [], hasDependents = false, want } of cases) {
  test(`garbage collector: ${name}`, () => {
    const owners = { solid: solid.map(ref), dangling: dangling.map(ref), waiting: waiting.map(ref) };
    assert.deepEqual(judge({ metadata: { finalizers } }, owners, hasDependents), want);
  });
}
