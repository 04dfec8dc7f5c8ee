/** Repositories and registries over TLS, with client certificates, by real helm and by ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAuthority, issue } from '#host/certificates/issue.ts';
import type { ChartServer } from './chart-server.ts';
import { smallChart, startChartServer } from './chart-server.ts';
import type { RegistryServer } from './registry-server.ts';
import { startRegistry } from './registry-server.ts';
import { Worlds, skipWithoutHelm } from './worlds.ts';

describe('TLS', { skip: skipWithoutHelm }, () => {
  let worlds: Worlds;
  let open: ChartServer;
  let closed: ChartServer;
  let registry: RegistryServer;

  before(async () => {
    worlds = new Worlds();
    const now = Date.now();
    const [authority, stranger] = [createAuthority('tests', now), createAuthority('strangers', now)];
    const request = { nowMs: now, lifetimeMs: 3_600_000 };
    const server = issue(authority, { ...request, commonName: 'server', hosts: ['127.0.0.1'] });
    const client = issue(authority, { ...request, commonName: 'client' });
    const other = issue(stranger, { ...request, commonName: 'client' });
    const tls = { cert: server.certificate, key: server.key };
    open = await startChartServer({ tls });
    closed = await startChartServer({ tls: { ...tls, ca: authority.certificate, requestCert: true } });
    registry = await startRegistry({ tls });
    for (const { files } of [open, closed]) {
      files.set(
        '/index.yaml',
        'apiVersion: v1\nentries:\n  web:\n  - {apiVersion: v2, name: web, version: 1.0.0, urls: [web-1.0.0.tgz]}\n',
      );
      files.set('/web-1.0.0.tgz', await smallChart('web', '1.0.0'));
    }
    worlds.write('sent/web-1.0.0.tgz', await smallChart('web', '1.0.0'));
    worlds.write('ca.pem', authority.certificate);
    worlds.write('stranger.pem', stranger.certificate);
    worlds.write('client.pem', client.certificate);
    worlds.write('client.key', client.key);
    worlds.write('other.pem', other.certificate);
    worlds.write('other.key', other.key);
    worlds.write('text.pem', 'hello');
  });

  after(async () => {
    for (const server of [open, closed, registry]) await server.close();
    worlds.close();
  });

  test('authorities', async () => {
    await worlds.same(`repo add web ${open.url}`);
    await worlds.same(`repo add web ${open.url} --ca-file stranger.pem`);
    await worlds.same(`repo add web ${open.url} --ca-file none.pem`);
    await worlds.same(`repo add web ${open.url} --ca-file text.pem`);
    await worlds.same(`repo add web ${open.url} --ca-file ca.pem`);
    await worlds.same(`repo add sure ${open.url} --insecure-skip-tls-verify`);
    await worlds.same('pull web/web -d .');
    await worlds.same('pull sure/web -d .');
    await worlds.same('pull sure/web -d . --insecure-skip-tls-verify');
    await worlds.same(`template r web --repo ${open.url}`);
    await worlds.same(`template r web --repo ${open.url} --ca-file ca.pem`);
    await worlds.same(`repo add plain ${open.url.replace('https', 'http')}`, {
      words: 'a server of Node answers such a request in another way than one of Go',
    });
    worlds.sameFiles();
  });

  test('client certificates', async () => {
    const words = { words: 'Go names the alert otherwise' };
    await worlds.same(`repo add shut ${closed.url} --ca-file ca.pem`, words);
    await worlds.same(`repo add shut ${closed.url} --ca-file ca.pem --cert-file other.pem --key-file other.key`, words);
    await worlds.same(
      `repo add shut ${closed.url} --ca-file ca.pem --cert-file client.pem --key-file other.key`,
      words,
    );
    await worlds.same(`repo add shut ${closed.url} --ca-file ca.pem --cert-file none.pem --key-file other.key`);
    await worlds.same(`repo add shut ${closed.url} --ca-file ca.pem --cert-file client.pem --key-file client.key`);
    await worlds.same('repo update', { order: 'any', words: 'two repositories fail in any order' });
    await worlds.same('show chart shut/web');
  });

  test('registries', async () => {
    await worlds.same(`push sent/web-1.0.0.tgz oci://${registry.host}/charts --ca-file ca.pem`);
    await worlds.same(`push sent/web-1.0.0.tgz oci://${registry.host}/charts --insecure-skip-tls-verify`);
    await worlds.same(`pull oci://${registry.host}/charts/web --ca-file ca.pem -d .`);
    await worlds.same(`pull oci://${registry.host}/charts/web`);
    await worlds.same(`registry login ${registry.host} -u a -p b --ca-file ca.pem`);
    await worlds.same(`registry login ${registry.host} -u a -p b --insecure`);
    assert.equal(registry.tags.size, 1);
    worlds.sameFiles();
  });
});
