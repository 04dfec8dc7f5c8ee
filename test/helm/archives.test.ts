/** Archives that are broken or hostile: refused in Helm's words, and nothing is written outside the chart. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import { ArchiveError, unpackChart } from '#host/charts/archive.ts';
import { expandChart } from '#host/charts/expand.ts';
import type { ChartFile } from '#platform/charts/chart.ts';
import { loadChart } from '#platform/charts/load.ts';
import { parseMetadata } from '#platform/charts/metadata.ts';
import { Worlds, skipWithoutHelm } from './worlds.ts';

type Entry = Partial<Header> & { readonly name: string; readonly text?: string | Uint8Array };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { text, ...header } of entries) {
    const body = Buffer.from(text ?? '');
    tar.entry({ ...header, mtime: new Date(0), size: body.length }, body);
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

const metadata: Entry = { name: 'c/Chart.yaml', text: 'apiVersion: v2\nname: c\nversion: 1.0.0\n' };
const good: readonly Entry[] = [metadata, { name: 'c/values.yaml', text: 'a: 1\n' }];
const named = (name: string): readonly Entry[] => [
  { name: 'x/Chart.yaml', text: `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n` },
];
const mebibyte = 1024 * 1024;

const archives: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  good: async () => gzipSync(await tarOf(good)),
  climbing: async () => gzipSync(await tarOf([...good, { name: 'c/../../x', text: 'x' }])),
  climbingwithin: async () => gzipSync(await tarOf([...good, { name: 'c/a/../b', text: 'x' }])),
  absolute: async () => gzipSync(await tarOf([...good, { name: 'c//etc/x', text: 'x' }])),
  rooted: async () => gzipSync(await tarOf([...good, { name: '/etc/x', text: 'x' }])),
  backslash: async () => gzipSync(await tarOf([...good, { name: 'c\\a\\b', text: 'x' }])),
  backclimbing: async () => gzipSync(await tarOf([...good, { name: 'c\\..\\..\\b', text: 'x' }])),
  drive: async () => gzipSync(await tarOf([...good, { name: 'c/C:/b', text: 'x' }])),
  outside: async () => gzipSync(await tarOf([...good, { name: 'b', text: 'x' }])),
  bare: async () => gzipSync(await tarOf([{ name: 'Chart.yaml', text: 'name: c' }])),
  barefolder: async () => gzipSync(await tarOf([{ name: 'Chart.yaml/x', text: 'name: c' }])),
  folders: async () =>
    gzipSync(await tarOf([{ name: 'c/', type: 'directory' }, { name: 'c/t/', type: 'directory' }, ...good])),
  nothing: async () => gzipSync(await tarOf([])),
  link: async () => gzipSync(await tarOf([...good, { name: 'c/l', type: 'symlink', linkname: '/etc/passwd' }])),
  hardlink: async () => gzipSync(await tarOf([...good, { name: 'c/l', type: 'link', linkname: '/etc/passwd' }])),
  device: async () => gzipSync(await tarOf([...good, { name: 'c/d', type: 'fifo' }])),
  large: async () => gzipSync(await tarOf([...good, { name: 'c/"big"', text: new Uint8Array(5 * mebibyte + 1) }])),
  notlarge: async () => gzipSync(await tarOf([...good, { name: 'c/big', text: new Uint8Array(5 * mebibyte) }])),
  many: async () =>
    gzipSync(
      await tarOf([
        ...good,
        ...Array.from({ length: 20 }, (_, at) => ({ name: `c/f${at}`, text: new Uint8Array(5 * mebibyte) })),
      ]),
    ),
  zeros: async () => gzipSync(Buffer.alloc(mebibyte)),
  truncated: async () => gzipSync(await tarOf(good)).subarray(0, 100),
  truncatedtar: async () => gzipSync((await tarOf(good)).subarray(0, 700)),
  truncatedheader: async () => gzipSync((await tarOf(good)).subarray(0, 300)),
  text: async () => Buffer.from('hello'),
  empty: async () => Buffer.alloc(0),
  badheader: async () => Buffer.from([0x1f, 0x8b, 8]),
  badchecksum: async () => {
    const bytes = gzipSync(await tarOf(good));
    bytes.writeUInt32LE(1, bytes.length - 8);
    return bytes;
  },
  badtar: async () => gzipSync(Buffer.alloc(1024, 0x61)),
  nameless: async () => gzipSync(await tarOf(named('""'))),
  dotted: async () => gzipSync(await tarOf(named('".."'))),
  slashed: async () => gzipSync(await tarOf(named('a/b'))),
  badyaml: async () => gzipSync(await tarOf(named('[a'))),
  notchart: async () => gzipSync(await tarOf([{ name: 'x/values.yaml', text: 'x' }])),
};

describe('archives by real helm and by ours', { skip: skipWithoutHelm }, () => {
  let worlds: Worlds;
  before(async () => {
    worlds = new Worlds();
    for (const [name, make] of Object.entries(archives)) worlds.write(`${name}.tgz`, await make());
    worlds.write('archive.yaml', 'a: 1\n');
  });
  after(() => worlds.close());

  const stricter = new Set(['truncatedtar', 'badchecksum']);
  for (const name of Object.keys(archives).filter((candidate) => !stricter.has(candidate)))
    test(`show chart ${name}.tgz`, async () => {
      const words = name === 'badyaml' ? { words: 'our YAML parser words it otherwise' } : {};
      await worlds.same(`show chart ./${name}.tgz`, words);
    });

  for (const name of stricter)
    test(`show chart ${name}.tgz: Helm reads what there is, we refuse`, async () => {
      const [mine, real] = [
        await worlds.ours(['show', 'chart', `./${name}.tgz`]),
        await worlds.theirs(['show', 'chart', `./${name}.tgz`]),
      ];
      assert.deepEqual([mine.code, real.code], [1, 0]);
      assert.match(mine.stderr, /^Error: (?:unexpected EOF|gzip: invalid checksum)\n$/);
    });

  test('a file that is no archive', async () => {
    await worlds.same('show chart archive.yaml');
  });
});

describe('unpacking', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wheelhouse-archives-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const nameOf = (text: string): string => parseMetadata(text).name;

  test('links in the folder lead no further than the folder', async () => {
    mkdirSync(join(folder, 'inner/c'), { recursive: true });
    mkdirSync(join(folder, 'outer'));
    symlinkSync('../../outer', join(folder, 'inner/c/templates'));
    symlinkSync(join(folder, 'outer/file'), join(folder, 'inner/c/values.yaml'));
    const archive = gzipSync(await tarOf([...good, { name: 'c/templates/a', text: 'x' }]));
    await expandChart(archive, join(folder, 'inner'), nameOf);
    assert.deepEqual(readdirSync(join(folder, 'outer')), []);
  });

  for (const [name, message] of [
    ['nameless', 'chart name not specified'],
    ['dotted', 'chart name ".." is not allowed'],
    ['slashed', 'chart name "a/b" must not contain path separators'],
    ['notchart', 'chart name not specified'],
  ] as const)
    test(`refused: ${name}`, async () => {
      const archive = (await archives[name]?.()) ?? new Uint8Array();
      await assert.rejects(expandChart(archive, folder, nameOf), { message });
    });

  test('archives within archives end at a limit, not of memory', async () => {
    const zeros = (count: number): Entry[] =>
      Array.from({ length: count }, (_, at) => ({ name: `c/f${at}`, text: new Uint8Array(4 * mebibyte) }));
    const inner = gzipSync(await tarOf([...good, ...zeros(20)]));
    const outer = gzipSync(
      await tarOf([...good, ...Array.from({ length: 12 }, (_, at) => ({ name: `c/charts/s${at}.tgz`, text: inner }))]),
    );
    let unpacked = 0;
    const unpack = async (archive: Uint8Array): Promise<ChartFile[]> => {
      unpacked++;
      return unpackChart(archive);
    };
    const chart = loadChart(await unpackChart(outer), { unpack, warn: () => undefined });
    await assert.rejects(chart, /decompressed subcharts are larger than the maximum size 268435456/);
    assert.equal(unpacked, 4);
  });

  test('whatever the names are, files land below the chart', async () => {
    const step = fc.constantFrom('..', '.', '', 'a', 'templates', '/', 'C:', '\\', '..\\..', 'é', 'c', 'x'.repeat(120));
    const entry = fc.record({
      name: fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => steps.join('/')),
      type: fc.constantFrom('file', 'symlink', 'link', 'directory') as fc.Arbitrary<
        'file' | 'symlink' | 'link' | 'directory'
      >,
      linkname: fc.constantFrom('/etc/passwd', '../..', 'a'),
    });
    const jail = join(folder, 'jail');
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
        rmSync(jail, { recursive: true, force: true });
        mkdirSync(join(jail, 'charts'), { recursive: true });
        writeFileSync(join(jail, 'witness'), '');
        const archive = gzipSync(await tarOf([metadata, ...entries.filter(({ name }) => name !== '' && name !== '/')]));
        await expandChart(archive, join(jail, 'charts'), nameOf).catch(knownRefusal);
        assert.deepEqual(readdirSync(jail).sort(), ['charts', 'witness']);
        assert.ok(readdirSync(join(jail, 'charts')).every((name) => name === 'c'));
      }),
      { numRuns: 150 },
    );
    assert.ok(existsSync(join(jail, 'witness')));
  });

  test('whatever the bytes are, there is an answer', async () => {
    const plain = await tarOf(good);
    const packed = gzipSync(plain);
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(damage, fc.constantFrom('tar', 'gzip'), async (changes, layer) => {
        const bytes = Buffer.from(layer === 'tar' ? plain : packed);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        await unpackChart(layer === 'tar' ? gzipSync(bytes) : bytes).catch(knownRefusal);
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        await unpackChart(bytes).catch(knownRefusal);
        await unpackChart(gzipSync(bytes)).catch(knownRefusal);
      }),
      { numRuns: 150 },
    );
  });
});

function knownRefusal(error: Error): void {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (error instanceof ArchiveError || ['EISDIR', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG'].includes(code)) return;
  throw error;
}
