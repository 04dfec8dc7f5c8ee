/** `package`, `verify`, `repo index` and `dependency list` by real helm and by ours; signatures of one are checked by the other. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { generateKey } from 'openpgp';
import { extract } from 'tar-stream';
import { startChartServer } from './chart-server.ts';
import { startRegistry } from './registry-server.ts';
import { Worlds, skipWithoutHelm, timeless } from './worlds.ts';

const chart: Readonly<Record<string, string>> = {
  'Chart.yaml': `# comments are lost
name: app
version: 1.2.3
apiVersion: v2
description: "<b> & \\u00e9"
appVersion: "1"
maintainers: [{name: Jo, email: jo@example.com}]
dependencies: [{name: sub, version: 0.1.0, repository: "", condition: sub.enabled, tags: [a], import-values: [{child: a, parent: b}]}]
annotations: {b: "2", a: "1"}
`,
  'Chart.lock':
    'dependencies:\n- {name: sub, version: 0.1.0, repository: ""}\ndigest: sha256:x\ngenerated: 2020-01-02T03:04:05.1230Z\n',
  'values.yaml': 'a: 1 # kept\n',
  'values.schema.json': '{"type": "object"}\n',
  'templates/NOTES.txt': 'hello',
  'templates/a.yaml': 'a: 1\n',
  'crds/x.yaml': 'kind: X\n',
  'README.md': '# app\n',
  LICENSE: 'free',
  '.helmignore': '*.bak\n/secret/\n',
  'old.bak': 'x',
  'secret/key': 'x',
  'files/b.txt': '\uFEFFwith a mark',
  [`files/${'long/'.repeat(20)}name-that-is-long.txt`]: 'deep',
  'files/é.txt': 'accent',
  'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
  'charts/sub/templates/s.yaml': 's: 1\n',
  'charts/sub/values.yaml': '',
};

const oldChart: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v1\nname: old\nversion: 0.1.0\n',
  'requirements.yaml': 'dependencies:\n- {name: sub, version: 0.1.0, repository: "file://../app/charts/sub"}\n',
  'requirements.lock':
    'dependencies:\n- {name: sub, version: 0.1.0, repository: "file://../app/charts/sub"}\ndigest: x\ngenerated: "2020-01-02T03:04:05Z"\n',
  'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
  'templates/a.yaml': 'a: 1\n',
};

const keys: Record<'plain' | 'locked', { secret: Uint8Array; open: Uint8Array }> = {
  plain: { secret: new Uint8Array(), open: new Uint8Array() },
  locked: { secret: new Uint8Array(), open: new Uint8Array() },
};

describe('packaging', { skip: skipWithoutHelm }, () => {
  let worlds: Worlds;

  before(async () => {
    worlds = new Worlds();
    for (const [name, text] of Object.entries(chart)) worlds.write(`app/${name}`, text);
    for (const [name, text] of Object.entries(oldChart)) worlds.write(`old/${name}`, text);
    worlds.write(
      'lacking/Chart.yaml',
      'apiVersion: v2\nname: lacking\nversion: 1.0.0\ndependencies: [{name: x, version: 1, repository: ""}]\n',
    );
    worlds.write('badschema/Chart.yaml', 'apiVersion: v2\nname: badschema\nversion: 1.0.0\n');
    worlds.write('badschema/values.schema.json', '{');
    worlds.write('bare/values.yaml', '');
    worlds.write('notes.txt', 'no chart');
    for (const name of ['plain', 'locked'] as const) {
      const made = await generateKey({
        type: 'rsa',
        rsaBits: 2048,
        userIDs: [{ name: `${name} key`, email: `${name}@example.com` }],
        format: 'object',
        ...(name === 'locked' ? { passphrase: 'open sesame' } : {}),
      });
      keys[name] = { secret: made.privateKey.write() as Uint8Array, open: made.publicKey.write() as Uint8Array };
    }
    worlds.write('secring.gpg', Buffer.concat([keys.plain.secret, keys.locked.secret]));
    worlds.write('pubring.gpg', Buffer.concat([keys.plain.open, keys.locked.open]));
    worlds.write('otherring.gpg', keys.locked.open);
    worlds.write('armored.gpg', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n');
    worlds.write('empty.gpg', '');
    worlds.write('passphrase', 'open sesame\nmore');
    worlds.write('wrong', 'shut');
  });

  after(() => worlds.close());

  for (const line of [
    'package app',
    'package app old -d out',
    'package app --version 2.0.0 --app-version 9 -d out/deep',
    'package app --version what',
    'package',
    'package none',
    'package lacking',
    'package badschema',
    'package bare',
    'package notes.txt',
    'package out/app-2.0.0.tgz',
    'package app --sign',
    'package app --sign --key plain --keyring secring.gpg -d signed',
    'package app --sign --key nobody --keyring secring.gpg -d bad',
    'package app --sign --key key --keyring secring.gpg -d bad',
    'package app --sign --key plain --keyring pubring.gpg -d bad',
    'package app --sign --key plain --keyring none.gpg -d bad',
    'package app --sign --key plain --keyring armored.gpg -d bad',
    'package app --sign --key locked --keyring secring.gpg --passphrase-file passphrase --version 3.0.0 -d signed',
    'package app --sign --key locked --keyring secring.gpg --passphrase-file wrong -d bad',
    'package app --sign --key locked --keyring secring.gpg --passphrase-file none -d bad',
    'package app --sign --key locked --keyring secring.gpg --passphrase-file empty.gpg -d bad',
  ])
    test(line, async () => {
      await worlds.same(line);
    });

  test('the passphrase from standard input', async () => {
    const line = 'package app --sign --key locked --keyring secring.gpg --passphrase-file - -d piped';
    await worlds.same(line, { input: 'open sesame\n' });
    await worlds.same(line, { input: 'shut\n' });
  });

  test('archives: the same entries, in the same order, with the same headers', async () => {
    for (const path of ['app-1.2.3.tgz', 'out/app-1.2.3.tgz', 'out/old-0.1.0.tgz', 'out/deep/app-2.0.0.tgz'])
      assert.deepEqual(await entriesOf(worlds.path('ours', path)), await entriesOf(worlds.path('theirs', path)), path);
    const heads = (['ours', 'theirs'] as const).map((who) =>
      readFileSync(worlds.path(who, 'app-1.2.3.tgz')).subarray(0, 60),
    );
    assert.deepEqual(heads[0]?.subarray(0, 58), heads[1]?.subarray(0, 58));
    const names = (who: 'ours' | 'theirs'): string[] =>
      readdirSync(worlds.path(who, '.'), { recursive: true }).map(String).sort();
    assert.deepEqual(names('ours'), names('theirs'));
  });

  test('signatures: the same message, and each checks the other', async () => {
    for (const name of ['app-1.2.3.tgz', 'app-3.0.0.tgz']) {
      const [mine, real] = (['ours', 'theirs'] as const).map((who) =>
        timeless(readFileSync(worlds.path(who, `signed/${name}.prov`), 'utf8')).replace(
          /(-----BEGIN PGP SIGNATURE-----).*(-----END)/s,
          '$1$2',
        ),
      );
      assert.equal(mine, real);
      for (const file of [name, `${name}.prov`]) {
        copyFileSync(worlds.path('theirs', `signed/${file}`), worlds.path('ours', file));
        copyFileSync(worlds.path('theirs', `signed/${file}`), worlds.path('theirs', file));
      }
      await worlds.same(`verify ${name} --keyring pubring.gpg`);
      for (const file of [name, `${name}.prov`])
        for (const who of ['ours', 'theirs'] as const)
          copyFileSync(worlds.path('ours', `signed/${file}`), join(worlds.path(who, '.'), file));
      await worlds.same(`verify ${name} --keyring pubring.gpg`);
    }
  });

  for (const line of [
    'verify app-3.0.0.tgz --keyring otherring.gpg',
    'verify app-1.2.3.tgz --keyring otherring.gpg',
    'verify app-1.2.3.tgz --keyring armored.gpg',
    'verify app-1.2.3.tgz --keyring none.gpg',
    'verify app-1.2.3.tgz --keyring empty.gpg',
    'verify app',
    'verify none.tgz',
    'verify notes.txt',
    'verify out/old-0.1.0.tgz --keyring pubring.gpg',
    'verify',
    'template r ./app-1.2.3.tgz --verify --keyring pubring.gpg',
    'template r ./app-1.2.3.tgz --verify --keyring otherring.gpg',
    'show chart out/old-0.1.0.tgz --verify --keyring pubring.gpg',
  ])
    test(line, async () => {
      await worlds.same(line);
    });

  test('signatures that are wrong', async () => {
    const provenance = readFileSync(worlds.path('ours', 'signed/app-1.2.3.tgz.prov'), 'utf8');
    const archive = readFileSync(worlds.path('ours', 'signed/app-1.2.3.tgz'));
    for (const [name, text] of Object.entries({
      changed: provenance.replace('name: app', 'name: apq'),
      unsigned: provenance.replace(/-----BEGIN PGP SIGNATURE-----.*/s, ''),
      nothing: 'hello',
      other: provenance,
    })) {
      worlds.write(`${name}.tgz`, archive);
      worlds.write(`${name}.tgz.prov`, text);
      await worlds.same(`verify ${name}.tgz --keyring pubring.gpg`);
    }
    worlds.write('x/app-1.2.3.tgz', Buffer.concat([archive, Buffer.from('x')]));
    worlds.write('x/app-1.2.3.tgz.prov', provenance);
    await worlds.same('verify x/app-1.2.3.tgz --keyring pubring.gpg');
  });

  test('signatures from repositories and registries', async (context) => {
    const [server, registry] = [await startChartServer(), await startRegistry()];
    context.after(async () => {
      await server.close();
      await registry.close();
    });
    const signed = (file: string): Buffer => readFileSync(worlds.path('theirs', `signed/${file}`));
    const version = (number: string): string =>
      `  - {apiVersion: v2, name: app, version: ${number}, urls: [app-${number}.tgz]}\n`;
    server.files.set(
      '/index.yaml',
      `apiVersion: v1\nentries:\n  app:\n${version('1.2.3')}${version('3.0.0')}${version('2.0.0')}`,
    );
    for (const number of ['1.2.3', '3.0.0']) {
      server.files.set(`/app-${number}.tgz`, signed(`app-${number}.tgz`));
      server.files.set(`/app-${number}.tgz.prov`, signed(`app-${number}.tgz.prov`));
      worlds.write(`sent/app-${number}.tgz`, signed(`app-${number}.tgz`));
      worlds.write(`sent/app-${number}.tgz.prov`, signed(`app-${number}.tgz.prov`));
      await worlds.same(`push sent/app-${number}.tgz oci://${registry.host}/charts --plain-http`);
    }
    server.files.set('/app-2.0.0.tgz', readFileSync(worlds.path('theirs', 'out/deep/app-2.0.0.tgz')));
    await worlds.same(`repo add signed ${server.url}`);
    worlds.write('got/keep', '');
    for (const reference of [
      'signed/app',
      `oci://${registry.host}/charts/app --plain-http`,
      `${server.url}/app-3.0.0.tgz`,
    ])
      for (const flags of ['--verify', '--prov', '--verify --version 1.2.3', '--verify --version 2.0.0']) {
        await worlds.same(`pull ${reference} ${flags} -d got --keyring pubring.gpg`);
        await worlds.same(`pull ${reference} ${flags} -d got --keyring empty.gpg`);
      }
    await worlds.same('pull signed/app --verify --keyring otherring.gpg --version 1.2.3 --untar --untardir refused');
    await worlds.same(`template r oci://${registry.host}/charts/app --plain-http --verify --keyring pubring.gpg`);
    await worlds.same('show chart signed/app --verify --keyring otherring.gpg --version 1.2.3');
    for (const [name, range] of [
      ['sure', '^3'],
      ['unsure', '2.0.0'],
    ] as const) {
      worlds.write(
        `${name}/Chart.yaml`,
        `apiVersion: v2\nname: ${name}\nversion: 1.0.0\ndependencies: [{name: app, version: ${range}, repository: "${server.url}"}]\n`,
      );
      await worlds.same(`dependency update ${name} --verify --keyring pubring.gpg --skip-refresh`);
      await worlds.same(`dependency update ${name} --verify --keyring empty.gpg --skip-refresh`);
      await worlds.same(`dependency update ${name} --skip-refresh`);
      await worlds.same(`dependency build ${name} --verify --keyring pubring.gpg --skip-refresh`);
    }
    const names = (who: 'ours' | 'theirs'): string[] =>
      ['got', 'sure', 'unsure'].flatMap((folder) =>
        readdirSync(worlds.path(who, folder), { recursive: true }).map(String).sort(),
      );
    assert.deepEqual(names('ours'), names('theirs'));
  });

  test('indexes', async () => {
    const own = worlds.path('theirs', 'out');
    for (const name of ['app-1.2.3.tgz', 'old-0.1.0.tgz', 'deep/app-2.0.0.tgz'])
      worlds.write(`repo/${name}`, readFileSync(join(own, name)));
    worlds.write('repo/deep/below/app-1.2.3.tgz', readFileSync(join(own, 'app-1.2.3.tgz')));
    worlds.write('repo/broken.tgz', 'x');
    const check = (name: string): void => {
      const text = (who: 'ours' | 'theirs'): string =>
        readFileSync(worlds.path(who, name), 'utf8').replaceAll(/\d{4}-\d\d-\d\dT[^"]*/g, 'TIME');
      assert.equal(text('ours'), text('theirs'));
    };
    for (const flags of [
      '',
      ' --url https://example.com/charts',
      ' --url https://example.com/charts/?a=b',
      ' --json',
      ' --url relative',
    ]) {
      await worlds.same(`repo index repo${flags}`);
      check('repo/index.yaml');
    }
    worlds.write(
      'merge.yaml',
      'apiVersion: v1\nentries:\n  app: [{name: app, version: 0.9.0, urls: [x.tgz], engine: gotpl, created: 2019-01-01T00:00:00.100+02:00}, {name: app, version: 1.2.3, urls: [mine]}]\n  zoo: [{name: zoo, version: 1.0.0}]\n',
    );
    await worlds.same('repo index repo --merge merge.yaml');
    check('repo/index.yaml');
    await worlds.same('repo index repo --merge new.yaml');
    check('repo/index.yaml');
    check('new.yaml');
    worlds.write('bad.yaml', 'entries: {}\n');
    await worlds.same('repo index repo --merge bad.yaml');
    await worlds.same('repo index nowhere', { words: "Helm's temporary file has a random name" });
    await worlds.same('repo index');
  });

  for (const line of [
    'dependency list app',
    'dep ls old',
    'dep list lacking',
    'dep list',
    'dep list badschema',
    'dep list none',
    'dep list app --max-col-width 5',
  ])
    test(line, async () => {
      await worlds.same(line);
    });

  test('what dependency list says of charts/', async () => {
    const made = (name: string): Buffer => readFileSync(worlds.path('theirs', `out/${name}`));
    worlds.write(
      'lots/Chart.yaml',
      `apiVersion: v2\nname: lots\nversion: 1.0.0\ndependencies:\n${['app ^1', 'old 0.1.0', 'old2 >what', 'sub 9', 'none 1'].map((pair) => `- {name: ${pair.split(' ')[0]}, version: "${pair.split(' ')[1]}", repository: "https://example.com/a/long/address/that/goes/on/and/on/and/on/and/on/and/on/until/it/ends"}\n`).join('')}`,
    );
    worlds.write('lots/charts/app-1.2.3.tgz', made('app-1.2.3.tgz'));
    worlds.write('lots/charts/old-0.1.0.tgz', made('app-1.2.3.tgz'));
    worlds.write('lots/charts/old2-0.1.0.tgz', made('old-0.1.0.tgz'));
    worlds.write('lots/charts/sub/Chart.yaml', 'apiVersion: v2\nname: sub\nversion: 0.1.0\n');
    worlds.write('lots/charts/extra/Chart.yaml', 'apiVersion: v2\nname: extra\nversion: 0.1.0\n');
    await worlds.same('dependency list lots');
    worlds.write('lots/charts/none-1.0.0.tgz', 'x');
    await worlds.same('dependency list lots');
    worlds.remove('lots/charts/none-1.0.0.tgz');
    worlds.write('lots/charts/app-1.3.0.tgz', made('app-1.2.3.tgz'));
    await worlds.same('dependency list lots');
  });
});

async function entriesOf(path: string): Promise<unknown[]> {
  const tar = extract();
  tar.end(gunzipSync(readFileSync(path)));
  const entries: unknown[] = [];
  for await (const entry of tar) {
    const { name, size, mode, uid, gid, uname, gname, type } = entry.header;
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    entries.push({ name, size, mode, uid, gid, uname, gname, type, text: Buffer.concat(chunks).toString() });
  }
  return entries;
}
