import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { unpackChart } from '#host/charts/archive.ts';

async function archive(files: Readonly<Record<string, Uint8Array | string>>): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, data] of Object.entries(files)) tar.entry({ name }, Buffer.from(data));
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
}

test('files are named below the first folder, without a byte order mark', async () => {
  const files = await unpackChart(await archive({ 'c/Chart.yaml': '\uFEFFname: c', 'c/templates/a.yaml': 'a' }));
  assert.deepEqual(
    files.map(({ name, data }) => [name, Buffer.from(data).toString()]),
    [
      ['Chart.yaml', 'name: c'],
      ['templates/a.yaml', 'a'],
    ],
  );
});

const refused: readonly [string, string, string][] = [
  ['a path that climbs out', 'c/../../etc/passwd', 'chart illegally references parent directory'],
  ['an absolute path', 'c//etc/passwd', 'chart illegally contains absolute paths'],
  ['a drive', 'c/d:/x', 'chart contains illegally named files'],
  ['no folder', 'x.yaml', 'chart illegally contains content outside the base directory: "x.yaml"'],
];

for (const [name, path, message] of refused) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(unpackChart(await archive({ [path]: 'x' })), { message });
  });
}

test('refused: a large file, an archive bomb, an empty archive, no archive', async () => {
  await assert.rejects(unpackChart(await archive({ 'c/x': new Uint8Array(6 * 1024 * 1024) })), {
    message: 'decompressed chart file "c/x" is larger than the maximum file size 5242880',
  });
  await assert.rejects(unpackChart(gzipSync(Buffer.alloc(130 * 1024 * 1024))), {
    message: 'decompressed chart is larger than the maximum file size 104857600',
  });
  await assert.rejects(unpackChart(await archive({})), { message: 'no files in chart archive' });
  await assert.rejects(unpackChart(new Uint8Array([1, 2, 3])), { message: 'gzip: invalid header' });
});
