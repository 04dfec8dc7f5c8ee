import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Clock } from '#base/clock.ts';
import { KubeconfigError, kubeconfigText } from '#client/kubeconfig.ts';
import { readKubeconfig, writeKubeconfig } from '#host/kubeconfig-file.ts';

let folder: string;
let nowMs = 0;
const clock = { monotonic: () => nowMs } as Clock;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
after(() => rm(folder, { recursive: true }));

test('what was written is read again, and only the owner may', async () => {
  const path = join(folder, 'sub/config');
  await writeKubeconfig(
    path,
    kubeconfigText({
      name: 'x',
      server: 'https://127.0.0.1:6443',
      authority: 'CA',
      userName: 'admin',
      certificate: 'CERT',
      key: 'KEY',
    }),
  );
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readKubeconfig(path, { clock }), {
    server: 'https://127.0.0.1:6443',
    namespace: 'default',
    authority: 'CA',
    certificate: 'CERT',
    key: 'KEY',
  });
});

test('files are found beside the kubeconfig, and a token is read again when it is old', async () => {
  const path = join(folder, 'config');
  await writeFile(join(folder, 'ca.crt'), 'AUTHORITY');
  await writeFile(join(folder, 'token'), 'first\n');
  await writeFile(
    path,
    'clusters: [{name: a, cluster: {server: "https://a", certificate-authority: ca.crt}}]\nusers: [{name: u, user: {tokenFile: token}}]\ncontexts: [{name: c, context: {cluster: a, user: u, namespace: shop}}]\n',
  );
  const connection = await readKubeconfig(path, { context: 'c', clock });
  assert.deepEqual(
    [connection.authority, connection.namespace, await connection.token?.()],
    ['AUTHORITY', 'shop', 'first'],
  );
  await writeFile(join(folder, 'token'), 'second');
  assert.equal(await connection.token?.(), 'first');
  nowMs += 61_000;
  assert.equal(await connection.token?.(), 'second');
});

for (const [title, text, message] of [
  ['that is not there', undefined, /there is no such file/],
  ['that is no YAML', 'a: [', /cannot use the kubeconfig/],
  [
    'that names a missing file',
    'current-context: c\nclusters: [{name: a, cluster: {server: x, certificate-authority: nope}}]\ncontexts: [{name: c, context: {cluster: a}}]',
    /ENOENT/,
  ],
] as [string, string | undefined, RegExp][]) {
  test(`a kubeconfig ${title} is refused with a reason`, async () => {
    const path = join(folder, 'broken');
    await rm(path, { force: true });
    if (text !== undefined) await writeFile(path, text);
    await assert.rejects(
      readKubeconfig(path, { clock }),
      (error) => error instanceof KubeconfigError && message.test(error.message),
    );
  });
}
