/** The verbs that Helm has not: diff, drift, unlock; what they print and how they end. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { configmaps } from '#api/generated/resources.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { environmentOf, fill, ours } from './real-helm.ts';

const files = {
  'demo/Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 0.1.0\n',
  'demo/values.yaml': 'greeting: hello\npassword: secret-one\n',
  'demo/templates/map.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\ndata:\n  greeting: {{ .Values.greeting }}\n',
  'demo/templates/secret.yaml':
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: demo\nstringData:\n  password: {{ .Values.password }}\n',
};

describe('verbs of ours', () => {
  let folder: string;
  let home: string;
  let cluster: Awaited<ReturnType<typeof createCluster>>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-review-'));
    home = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-home-'));
    fill(folder, files);
    cluster = await createCluster({ nodes: 0 });
    writeFileSync(join(home, 'kubeconfig'), (await cluster.listen()).kubeconfig, { mode: 0o600 });
    assert.equal((await run('install demo demo')).code, 0);
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    for (const path of [folder, home]) rmSync(path, { recursive: true, force: true });
  });

  const run = (line: string) => ours(line.split(' '), folder, environmentOf(home));

  test('diff of an upgrade that changes nothing ends with 0', async () => {
    const { code, stdout } = await run('diff demo demo --detailed-exitcode');
    assert.deepEqual(
      [code, stdout],
      [0, 'Plan for revision 2 of demo: 0 to create, 0 to change, 0 to delete, 2 unchanged\n'],
    );
  });

  test('diff shows the change, hides the Secret, changes nothing, and ends with 2 if that is asked for', async () => {
    const { code, stdout } = await run('plan demo demo --set greeting=hi,password=secret-two --detailed-exitcode');
    assert.equal(code, 2);
    assert.match(stdout, /-\s+greeting: hello\n\+\s+greeting: hi/);
    assert.doesNotMatch(stdout, /secret-(?:one|two)|c2VjcmV0/);
    assert.equal((await run('history demo -o json')).stdout.split('"revision"').length - 1, 1);
  });

  test('diff without the flag ends with 0', async () => {
    assert.equal((await run('diff demo demo --set greeting=hi')).code, 0);
  });

  test('drift shows what somebody changed', async () => {
    assert.deepEqual((await run('drift demo --detailed-exitcode')).stdout, 'Revision 1 of demo is as it was applied\n');
    const key = { namespace: 'default', name: 'demo' };
    const live = await cluster.client.get(configmaps, key);
    await cluster.client.update(configmaps, { ...live, data: { greeting: 'changed by hand' } });
    const { code, stdout } = await run('drift demo --detailed-exitcode');
    assert.equal(code, 2);
    assert.match(stdout, /changed by hand/);
  });

  test('unlock of a release that nobody holds says that it is free', async () => {
    assert.deepEqual(await run('unlock demo'), { code: 0, stdout: 'release "demo" is free\n', stderr: '' });
    assert.deepEqual(await run('unlock nope'), { code: 1, stdout: '', stderr: 'Error: release: not found\n' });
  });
});
