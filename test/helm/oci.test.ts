/** `push`, `pull`, `registry` and `oci://` references by real helm and by ours, against the same registries. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { smallChart } from './chart-server.ts';
import type { RegistryServer } from './registry-server.ts';
import { startRegistry } from './registry-server.ts';
import { Worlds, skipWithoutHelm } from './worlds.ts';

const more = `description: "<b> & more"
home: https://example.com
sources: [https://example.com/src]
maintainers: [{name: Jo, email: jo@example.com}, {name: Al}]
annotations: {own: x, org.opencontainers.image.title: other}
appVersion: "7"
`;

describe('registries', { skip: skipWithoutHelm }, () => {
  let worlds: Worlds;
  let open: RegistryServer;
  let basic: RegistryServer;
  let tokens: RegistryServer;

  before(async () => {
    worlds = new Worlds();
    const user = { name: 'jo', password: 'sec:ret' };
    open = await startRegistry({ pageSize: 2 });
    basic = await startRegistry({ user });
    tokens = await startRegistry({ user, challenge: 'token' });
    for (const version of ['1.0.0', '1.2.0', '1.10.0', '2.0.0-rc.1', '1.3.0+b.1'])
      worlds.write(`sent/web-${version}.tgz`, await smallChart('web', version, more));
    worlds.write('sent/web-1.0.0.tgz.prov', 'a signature, or so');
  });

  after(async () => {
    for (const server of [open, basic, tokens]) await server.close();
    worlds.close();
  });

  test('sending: the same manifest, and what is refused', async () => {
    await worlds.same(`push sent/web-1.0.0.tgz oci://${open.host}/charts`);
    await worlds.same(`push sent/web-1.0.0.tgz oci://${open.host}/charts --plain-http`);
    await worlds.same(`push sent/web-1.2.0.tgz oci://${open.host}/charts --plain-http`);
    await worlds.same(`push sent/web-1.10.0.tgz oci://${open.host}/charts/ --plain-http`);
    await worlds.same(`push sent/web-2.0.0-rc.1.tgz oci://${open.host}/charts --plain-http`);
    await worlds.same(`push sent/web-1.3.0+b.1.tgz oci://${open.host}/charts --plain-http`);
    await worlds.same(`push sent/web-1.3.0+b.1.tgz oci://${open.host}/charts`);
    await worlds.same(`push none.tgz oci://${open.host}/charts`);
    await worlds.same(`push . oci://${open.host}/charts`);
    await worlds.same(`push sent/web-1.0.0.tgz ${open.host}/charts`);
    await worlds.same(`push sent/web-1.0.0.tgz http://${open.host}/charts`);
    await worlds.same(`push sent/web-1.0.0.tgz oci://${open.host}/CHARTS`);
    await worlds.same(`push sent/web-1.0.0.tgz oci://${open.host}`);
    await worlds.same('push sent/web-1.0.0.tgz oci://127.0.0.1:1/charts');
    await worlds.same(`push sent/web-1.0.0.tgz oci://${basic.host}/charts`);
    await worlds.same(`push sent/web-1.0.0.tgz oci://${tokens.host}/charts`);
    await worlds.same('push sent/web-1.0.0.tgz');
  });

  test('a chart that we sent has the manifest that Helm makes', async (context) => {
    const [mine, real] = [await startRegistry(), await startRegistry()];
    context.after(async () => {
      await mine.close();
      await real.close();
    });
    await worlds.ours(['push', 'sent/web-1.0.0.tgz', `oci://${mine.host}/charts`, '--plain-http']);
    await worlds.theirs(['push', 'sent/web-1.0.0.tgz', `oci://${real.host}/charts`, '--plain-http']);
    const manifestOf = ({ blobs, tags }: RegistryServer): string =>
      String(blobs.get(tags.get('charts/web:1.0.0') ?? '')).replaceAll(/"\d{4}-\d\d-[^"]*"/g, '"TIME"');
    assert.equal(manifestOf(mine), manifestOf(real));
    const hidden = [...mine.tags.values()];
    const parts = ({ blobs }: RegistryServer): string[] => [...blobs.keys()].sort();
    assert.equal(parts(mine).length, 4);
    const manifests = new Set([...hidden, ...real.tags.values()]);
    const others = (server: RegistryServer): string[] => parts(server).filter((digest) => !manifests.has(digest));
    assert.deepEqual(others(mine), others(real));
  });

  for (const rest of [
    '',
    ' --version 1.0.0',
    ' --version ^1',
    ' --version >0.0.0-0',
    ' --devel',
    ' --version 1.3.0+b.1',
    ' --version 9',
    ' --version 9.9.9',
    ' --version what?',
    ' --version 1.2.0 --untar',
    ' --version 1.0.0 --prov',
    ' --version 1.2.0 --prov',
    ' --version 1.2.0 --verify',
    ':1.0.0',
    ':1.0.0 --version 1.2.0',
    ':1.0.0 --version 1.0.0',
    ':nope',
    '/none',
    '/none --version 1.0.0',
  ])
    test(`pull oci://…/web${rest}`, async () => {
      await worlds.same(`pull oci://${open.host}/charts/web${rest}`);
      worlds.sameFiles();
    });

  test('by digest', async () => {
    const digest = open.tags.get('charts/web:1.2.0') ?? '';
    await worlds.same(`pull oci://${open.host}/charts/web@${digest}`);
    await worlds.same(`pull oci://${open.host}/charts/web:1.2.0@${digest}`);
    await worlds.same(`pull oci://${open.host}/charts/web:1.0.0@${digest}`);
    await worlds.same(`pull oci://${open.host}/charts/web@${digest} --version 1.0.0`);
    await worlds.same(`pull oci://${open.host}/charts/web@${digest.replace(/.$/, '0')}`);
    await worlds.same(`pull oci://${open.host}/charts/web@sha256:1`);
    worlds.sameFiles();
  });

  test('templates and what is shown', async () => {
    await worlds.same(`template r oci://${open.host}/charts/web`);
    await worlds.same(`template r oci://${open.host}/charts/web --version 1.0.0`);
    await worlds.same(`show chart oci://${open.host}/charts/web --version ^1.0`);
    await worlds.same(`show values oci://${open.host}/charts/none`);
    await worlds.same(`show values oci://${open.host}`);
  });

  test('credentials', async () => {
    for (const { host } of [basic, tokens]) {
      await worlds.same(`registry login ${host} -u jo -p wrong`);
      await worlds.same(`pull oci://${host}/charts/web --version 1.0.0`);
      await worlds.same(`registry login ${host} -u jo -p sec:ret`);
      await worlds.same(`push sent/web-1.0.0.tgz oci://${host}/charts`);
      await worlds.same(`pull oci://${host}/charts/web`);
      await worlds.same(`push sent/web-1.0.0.tgz oci://${host}/charts --plain-http`);
      await worlds.same(`pull oci://${host}/charts/web --plain-http`);
      await worlds.same(`pull oci://${host}/charts/web --plain-http --username jo --password no`);
      await worlds.same(`registry login oci://${host}/charts --username jo --password sec:ret --plain-http`);
    }
    const file = (who: 'ours' | 'theirs'): string =>
      readFileSync(`${worlds.folder(who)}/home/config/registry/config.json`, 'utf8');
    assert.equal(file('ours'), file('theirs'));
    const input = 'sec:ret\r\n';
    await worlds.same(`registry login ${basic.host} -u jo --password-stdin`, { input });
    await worlds.same(`registry login ${basic.host} -u jo --password-stdin`, { input: 'no' });
    await worlds.same(`registry logout ${basic.host}`);
    await worlds.same(`pull oci://${basic.host}/charts/web`);
    await worlds.same(`pull oci://${basic.host}/charts/web --plain-http`);
    await worlds.same(`pull oci://${basic.host}/charts/web --username jo --password sec:ret`);
    await worlds.same('registry logout nobody.example.com');
    await worlds.same('registry login 127.0.0.1:1 -u a -p b');
    assert.equal(file('ours'), file('theirs'));
    worlds.sameFiles();
  });

  test('credentials that a helper keeps', async (context) => {
    const mine = new Worlds({ PATH: `${worlds.root}:${process.env['PATH']}` });
    context.after(() => mine.close());
    const script = `#!/bin/sh
store=$HOME/kept
case $1 in
  store) cat > "$store" ;;
  get) cat > /dev/null; test -f "$store" && cat "$store" || { echo credentials not found in native keychain; exit 1; } ;;
  erase) cat > "$store.erased"; rm -f "$store" ;;
esac
`;
    writeFileSync(join(worlds.root, 'docker-credential-test'), script, { mode: 0o755 });
    for (const who of ['ours', 'theirs'] as const) {
      mkdirSync(join(mine.folder(who), 'home/config/registry'), { recursive: true });
      writeFileSync(join(mine.folder(who), 'home/config/registry/config.json'), '{"credsStore": "test"}');
    }
    const input = '';
    await mine.same(`registry login ${basic.host} -u jo -p sec:ret`, { input });
    mine.sameFiles((text) => text.replaceAll(/\s/g, ''), 'home');
    await mine.same(`pull oci://${basic.host}/charts/web --version 1.0.0 --plain-http`, { input });
    await mine.same(`registry logout ${basic.host}`, { input });
    mine.sameFiles((text) => text.replaceAll(/\s/g, ''), 'home');
    await mine.same(`pull oci://${basic.host}/charts/web --version 1.0.0 --plain-http`, { input });
  });
});
