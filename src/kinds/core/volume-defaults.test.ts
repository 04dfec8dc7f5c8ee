import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDriverVolume } from '#kinds/core/volume-defaults.ts';

const cases = [
  ['iscsi', { lun: 1 }, { lun: 1, iscsiInterface: 'default' }],
  ['rbd', { user: '', pool: 'p' }, { user: 'admin', pool: 'p', keyring: '/etc/ceph/keyring' }],
  ['scaleIO', {}, { storageMode: 'ThinProvisioned', fsType: 'xfs' }],
  ['azureDisk', { fsType: '' }, { fsType: '', cachingMode: 'ReadWrite', kind: 'Shared', readOnly: false }],
  ['nfs', { server: 'a' }, { server: 'a' }],
] as const;

for (const [type, source, expected] of cases)
  test(`defaults of a volume source: ${type}`, () => {
    const volume = { name: 'v', [type]: { ...source } };
    defaultDriverVolume(volume);
    assert.deepEqual(volume, { name: 'v', [type]: expected });
  });
