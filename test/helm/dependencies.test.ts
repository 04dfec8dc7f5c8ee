/** `dependency update` and `build` by real helm and by ours: charts/, the lock and every word. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, symlinkSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { ChartServer } from './chart-server.ts';
import { smallChart, startChartServer } from './chart-server.ts';
import type { RegistryServer } from './registry-server.ts';
import { startRegistry } from './registry-server.ts';
import { Worlds, skipWithoutHelm, timeless } from './worlds.ts';

const versions = ['1.2.0', '1.10.0', '2.0.0-rc.1', '0.9.0+b.1'];

/** A chart that wants these; each is `name range repository`. */
function wanting(name: string, dependencies: readonly string[], apiVersion = 'v2'): Record<string, string> {
  const list = dependencies.map((text) => {
    const [dependency = '', range = '', repository = '', ...more] = text.split(' ');
    return `- {name: ${dependency}, version: "${range}", repository: "${repository}"${more.map((part) => `, ${part.replace('=', ': ')}`).join('')}}\n`;
  });
  const text = `dependencies:\n${list.join('')}`;
  const head = `apiVersion: ${apiVersion}\nname: ${name}\nversion: 1.0.0\n`;
  return apiVersion === 'v1'
    ? { 'Chart.yaml': head, 'requirements.yaml': text }
    : { 'Chart.yaml': dependencies.length === 0 ? head : head + text };
}

describe('dependencies', { skip: skipWithoutHelm }, () => {
  let worlds: Worlds;
  let server: ChartServer;
  let other: ChartServer;
  let registry: RegistryServer;

  const make = (name: string, dependencies: readonly string[], apiVersion = 'v2'): void => {
    for (const [file, text] of Object.entries(wanting(name, dependencies, apiVersion)))
      worlds.write(`${name}/${file}`, text);
  };
  const check = (): void => {
    worlds.sameFiles((text, path) => {
      if (!path.endsWith('.tgz')) return timeless(text);
      return /local|packed/.test(path) ? '' : createHash('sha256').update(text).digest('hex');
    });
  };
  const any = { order: 'any' } as const;

  before(async () => {
    worlds = new Worlds();
    server = await startChartServer();
    other = await startChartServer({ user: { name: 'jo', password: 'secret' } });
    registry = await startRegistry();
    const entries = (name: string): string =>
      `  ${name}:\n${versions.map((version) => `  - {apiVersion: v2, name: ${name}, version: ${version}, urls: [${name}-${version}.tgz]}\n`).join('')}`;
    const text = `apiVersion: v1\nentries:\n${entries('web')}${entries('cache')}  bare:\n  - {apiVersion: v2, name: bare, version: 1.0.0}\n`;
    for (const { files } of [server, other]) {
      files.set('/index.yaml', text);
      for (const name of ['web', 'cache'])
        for (const version of versions) files.set(`/${name}-${version}.tgz`, await smallChart(name, version));
    }
    for (const version of versions) {
      worlds.write(`up/web-${version}.tgz`, await smallChart('web', version));
      await worlds.ours(['push', `up/web-${version}.tgz`, `oci://${registry.host}/charts`, '--plain-http']);
    }
    worlds.remove('up');
    worlds.write('local/Chart.yaml', 'apiVersion: v2\nname: local\nversion: 0.3.0\n');
    worlds.write('local/values.yaml', 'a: 1\n');
    await worlds.same(`repo add web ${server.url}`);
    await worlds.same(`repo add other ${other.url} --username jo --password secret`);
  });

  after(async () => {
    for (const one of [server, other, registry]) await one.close();
    worlds.close();
  });

  test('repositories by URL, alias and @name; a lock that needs no change stays', async () => {
    make('plain', [
      `web ^1 ${server.url}`,
      'cache 1.2.0 @other',
      'web ~1.2 alias:other alias=two',
      'local >0.1 file://../local',
    ]);
    await worlds.same('dependency update plain', any);
    check();
    const lock = readFileSync(worlds.path('ours', 'plain/Chart.lock'), 'utf8');
    const digest = /digest: \S+/.exec(lock)?.[0];
    assert.equal(digest, /digest: \S+/.exec(readFileSync(worlds.path('theirs', 'plain/Chart.lock'), 'utf8'))?.[0]);
    await worlds.same('dependency update plain --skip-refresh');
    assert.equal(readFileSync(worlds.path('ours', 'plain/Chart.lock'), 'utf8'), lock);
    await worlds.same('dependency build plain', any);
    await worlds.same('dependency build plain --skip-refresh');
    await worlds.same('dependency list plain');
    await worlds.same('dep up plain --skip-refresh --debug', { words: 'traces' });
    check();
  });

  test('what is outdated goes, what is not a dependency stays', async () => {
    worlds.write('plain/charts/web-1.0.0.tgz', await smallChart('web', '1.0.0'));
    worlds.write('plain/charts/broken.tgz', 'x');
    worlds.write('plain/charts/own/Chart.yaml', 'apiVersion: v2\nname: own\nversion: 1.0.0\n');
    await worlds.same('dependency build plain --skip-refresh');
    worlds.remove('plain/charts/broken.tgz');
    worlds.write('plain/charts/notes.txt', 'x');
    await worlds.same('dependency build plain --skip-refresh');
    worlds.remove('plain/charts/notes.txt');
    await worlds.same('dependency build plain --skip-refresh');
    check();
  });

  test('a lock that does not fit', async () => {
    make('plain', [`web ^1 ${server.url}`]);
    await worlds.same('dependency build plain');
    worlds.write('unlocked/Chart.yaml', wanting('unlocked', [`web 1.2.0 ${server.url}`])['Chart.yaml'] ?? '');
    await worlds.same('dependency build unlocked --skip-refresh');
    worlds.write('unlocked/Chart.lock', 'dependencies: []\ndigest: x\n');
    await worlds.same('dependency build unlocked');
    check();
  });

  test('what cannot be had', async () => {
    const cases: Readonly<Record<string, readonly string[]>> = {
      none: [],
      range: [`web 9 ${server.url}`, `cache 8 ${server.url}`],
      name: [`nobody 1 ${server.url}`],
      words: [`web what ${server.url}`],
      bare: [`bare 1.0.0 ${server.url}`],
      alias: ['web 1 @nobody'],
      aliases: ['web 1 alias:nobody', 'cache 1 nothing'],
      folder: ['local 1 file://../nowhere'],
      older: ['local 9 file://../local'],
      missing: ['mine 1.0.0'],
      scheme: ['web 1 ftp://example.com/x'],
      unreachable: ['web 1 http://127.0.0.1:1'],
    };
    for (const [name, dependencies] of Object.entries(cases)) {
      make(name, dependencies);
      await worlds.same(`dependency update ${name} --skip-refresh`);
    }
    await worlds.same('dependency update unreachable', any);
    await worlds.same('dependency update nowhere');
    await worlds.same('dependency build nowhere');
    await worlds.same('dependency update plain/Chart.yaml');
    await worlds.same('dependency update a b');
    worlds.write('blocked/Chart.yaml', wanting('blocked', [`web 1.2.0 ${server.url}`])['Chart.yaml'] ?? '');
    worlds.write('blocked/charts', 'a file');
    await worlds.same('dependency update blocked --skip-refresh');
    check();
  });

  test('charts that lie in charts/ already', async () => {
    make('inside', ['mine ^1']);
    worlds.write('inside/charts/mine/Chart.yaml', 'apiVersion: v2\nname: mine\nversion: 1.5.0\n');
    await worlds.same('dependency update inside --skip-refresh');
    worlds.write('inside/charts/mine/Chart.yaml', 'apiVersion: v2\nname: mine\nversion: 2.5.0\n');
    await worlds.same('dependency update inside --skip-refresh');
    check();
  });

  test('repositories that nobody added', async () => {
    await worlds.same('repo remove web');
    make('stranger', [`web ^1 ${server.url}`, `cache 1.2.0 ${server.url}/`]);
    await worlds.same('dependency update stranger', any);
    await worlds.same('dependency build stranger', any);
    make('again', [`web ^1 ${server.url}`]);
    await worlds.same('dependency update again --skip-refresh');
    check();
    await worlds.same(`repo add web ${server.url}`);
  });

  test('a failing download leaves charts/ as it was', async () => {
    make('failing', [`web 1.2.0 ${server.url}`, `cache 1.2.0 ${server.url}`]);
    worlds.write('failing/charts/web-1.0.0.tgz', await smallChart('web', '1.0.0'));
    const archive = server.files.get('/cache-1.2.0.tgz') ?? '';
    server.files.delete('/cache-1.2.0.tgz');
    await worlds.same('dependency update failing --skip-refresh');
    check();
    server.files.set('/cache-1.2.0.tgz', archive);
    await worlds.same('dependency update failing --skip-refresh --verify');
    await worlds.same('dependency update failing --skip-refresh');
    await worlds.same('dependency build failing --skip-refresh --verify');
    check();
  });

  test('charts of version 1', async () => {
    make('old', [`web ^1 ${server.url}`], 'v1');
    await worlds.same('dependency update old --skip-refresh');
    await worlds.same('dependency build old --skip-refresh');
    worlds.write(
      'old/requirements.lock',
      `dependencies:\n- {name: web, version: 1.2.0, repository: "${server.url}"}\ndigest: x\n`,
    );
    await worlds.same('dependency build old --skip-refresh');
    check();
  });

  test('registries', async () => {
    make('oci', [`web ^1 oci://${registry.host}/charts`, `web 0.9.0+b.1 oci://${registry.host}/charts alias=older`]);
    await worlds.same('dependency update oci --skip-refresh --plain-http');
    await worlds.same('dependency build oci --skip-refresh --plain-http');
    await worlds.same('dependency update oci --skip-refresh');
    make('ocinone', [`none ^1 oci://${registry.host}/charts`]);
    await worlds.same('dependency update ocinone --skip-refresh --plain-http');
    make('ocirange', [`web ^9 oci://${registry.host}/charts`]);
    await worlds.same('dependency update ocirange --skip-refresh --plain-http');
    check();
  });

  test('a lock that is a link is not written', async () => {
    make('linked', [`web 1.2.0 ${server.url}`]);
    for (const who of ['ours', 'theirs'] as const) symlinkSync('/tmp/nowhere', worlds.path(who, 'linked/Chart.lock'));
    await worlds.same('dependency update linked --skip-refresh');
    worlds.remove('linked/Chart.lock');
    worlds.write('target.lock', 'digest: x\n');
    for (const who of ['ours', 'theirs'] as const) symlinkSync('../target.lock', worlds.path(who, 'linked/Chart.lock'));
    await worlds.same('dependency update linked --skip-refresh');
    check();
  });

  test('package and template with --dependency-update', async () => {
    make('updated', [`web ^1 ${server.url}`]);
    await worlds.same('package updated -u -d packed', any);
    check();
    worlds.remove('updated/charts');
    await worlds.same('template r updated');
    await worlds.same('template r updated --dependency-update', any);
    await worlds.same('template r updated --dependency-update');
    make('lost', ['web ^1 @nobody']);
    await worlds.same('template r lost --dependency-update');
    check();
  });

  test('the cache has the same files', () => {
    const names = worlds.sameFiles((text, path) => (path.endsWith('.yaml') ? text : ''), 'home/cache');
    assert.ok(Object.keys(names).length > 4);
  });
});
