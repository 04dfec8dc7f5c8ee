import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizeReference, ociImage } from '#wire/oci/image.ts';

const cases = [
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1', 'docker.io/library/busybox:1'],
  ['me/app', 'docker.io/me/app:latest'],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  ['example.com/a/b:2', 'example.com/a/b:2'],
  ['a@sha256:00', 'docker.io/library/a@sha256:00'],
] as const;
for (const [given, expected] of cases)
  test(`${given} is ${expected}`, () => assert.equal(normalizeReference(given), expected));

test('an image is a layout whose blobs refer to each other', () => {
  let n = 0;
  const hashes: string[] = [];
  const sha256 = (): string => {
    hashes.push(String(++n));
    return String(n);
  };
  const { files, digest } = ociImage(
    {
      name: 'x:1',
      layer: new Uint8Array([1, 2, 3]),
      diffId: 'sha256:d',
      architecture: 'amd64',
      config: { Cmd: ['/a'] },
    },
    sha256,
  );
  const json = (path: string) => JSON.parse(new TextDecoder().decode(files.find((file) => file.path === path)?.bytes));
  assert.equal(digest, 'sha256:3');
  const manifest = json('blobs/sha256/3');
  assert.deepEqual(
    [manifest.layers[0].digest, manifest.layers[0].size, manifest.config.digest],
    ['sha256:1', 3, 'sha256:2'],
  );
  assert.deepEqual(json('blobs/sha256/2').rootfs.diff_ids, ['sha256:d']);
  assert.equal(json('index.json').manifests[0].annotations['io.containerd.image.name'], 'x:1');
});
