import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Clock } from '#base/clock.ts';
import { silentLogger } from '#base/logger.ts';
import { addressBytes } from '#host/certificates/der.ts';
import { createAuthority } from '#host/certificates/issue.ts';
import { Pki } from '#host/certificates/pki.ts';
import { serverHosts } from '#host/certificates/server-hosts.ts';
import { systemClock } from '#host/system-clock.ts';

/** Time that stands still until it is moved; timers run when they are due. */
class TestClock implements Clock {
  #now = Date.UTC(2030, 0, 1);
  #timers: { at: number; callback: () => void }[] = [];
  now = (): number => this.#now;
  monotonic = (): number => this.#now;
  turn = (): Promise<void> => Promise.resolve();
  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  }
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
  }
}

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'pki-'));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const options = (directory: string, clock: Clock, hosts: readonly string[] = ['localhost', '127.0.0.1']) => ({
  directory,
  hosts,
  clock,
  log: silentLogger,
});

test('the first start makes certificates that the authority has signed', () =>
  withDirectory(async (directory) => {
    const pki = await Pki.open(options(directory, new TestClock(), ['kubernetes.default.svc', '10.96.0.1', '::1']));
    const authority = new X509Certificate(pki.authority);
    const server = new X509Certificate(pki.server.certificate);
    const admin = new X509Certificate(pki.admin.certificate);
    pki.close();
    assert.ok(authority.ca);
    assert.ok(server.verify(authority.publicKey) && admin.verify(authority.publicKey));
    assert.equal(server.subjectAltName, 'DNS:kubernetes.default.svc, IP Address:10.96.0.1, IP Address:0:0:0:0:0:0:0:1');
    assert.equal(admin.subject, 'O=system:masters\nCN=admin');
    assert.equal(admin.keyUsage?.join(), '1.3.6.1.5.5.7.3.2');
  }));

test('the next start uses what is there', () =>
  withDirectory(async (directory) => {
    const clock = new TestClock();
    const first = await Pki.open(options(directory, clock));
    const second = await Pki.open(options(directory, clock));
    first.close();
    second.close();
    assert.equal(second.authority, first.authority);
    assert.equal(second.server.certificate, first.server.certificate);
    assert.equal(second.serviceAccountKey, first.serviceAccountKey);
  }));

test('a new address gets a new server certificate under the same authority', () =>
  withDirectory(async (directory) => {
    const clock = new TestClock();
    const pki = await Pki.open(options(directory, clock));
    let renewed = 0;
    pki.onRenewed(() => renewed++);
    await pki.setHosts(['localhost', '127.0.0.1']);
    assert.equal(renewed, 0);
    const { authority } = pki;
    await pki.setHosts(['localhost', '192.0.2.7']);
    pki.close();
    assert.equal(renewed, 1);
    assert.equal(pki.authority, authority);
    assert.equal(new X509Certificate(pki.server.certificate).checkIP('192.0.2.7'), '192.0.2.7');
  }));

test('certificates are renewed after two thirds of their life', () =>
  withDirectory(async (directory) => {
    const clock = new TestClock();
    const pki = await Pki.open(options(directory, clock));
    const before = pki.server.certificate;
    const renewed = new Promise<void>((resolve) => pki.onRenewed(resolve));
    clock.advance(243 * 86_400_000);
    assert.equal(pki.server.certificate, before);
    clock.advance(2 * 86_400_000);
    await renewed;
    pki.close();
    assert.notEqual(pki.server.certificate, before);
    assert.equal(await readFile(join(directory, 'apiserver.crt'), 'utf8'), pki.server.certificate);
  }));

for (const damage of ['', 'nonsense', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n']) {
  test(`a server certificate damaged to ${JSON.stringify(damage.slice(0, 12))} is replaced`, () =>
    withDirectory(async (directory) => {
      const clock = new TestClock();
      (await Pki.open(options(directory, clock))).close();
      await writeFile(join(directory, 'apiserver.crt'), damage);
      const pki = await Pki.open(options(directory, clock));
      pki.close();
      assert.ok(new X509Certificate(pki.server.certificate).verify(new X509Certificate(pki.authority).publicKey));
    }));
}

test('agents get certificates of their node', () =>
  withDirectory(async (directory) => {
    const pki = await Pki.open(options(directory, new TestClock()));
    const { certificate } = await pki.keptClient('agent', {
      commonName: 'system:node:a',
      organizations: ['system:nodes'],
    });
    pki.close();
    assert.equal(new X509Certificate(certificate).subject, 'O=system:nodes\nCN=system:node:a');
    assert.equal(await readFile(join(directory, 'agent.crt'), 'utf8'), certificate);
  }));

test('the server is known by the names of the cluster and of the machine', () => {
  const hosts = serverHosts({ serviceAddress: '10.96.0.1', extra: ['example.org'] });
  for (const host of ['kubernetes.default.svc.cluster.local', 'localhost', '127.0.0.1', '10.96.0.1', 'example.org'])
    assert.ok(hosts.includes(host), host);
});

for (const [address, hex] of [
  ['10.96.0.1', '0a600001'],
  ['::1', '00000000000000000000000000000001'],
  ['fd00:1::7:8', 'fd000001000000000000000000070008'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
] as const) {
  test(`the address ${address} is written as ${hex}`, () => assert.equal(addressBytes(address).toString('hex'), hex));
}

test('a certificate beyond 2049 is written in the other form of time', () => {
  const authority = createAuthority('far', Date.UTC(2045, 0, 1));
  const { validTo } = new X509Certificate(authority.certificate);
  assert.equal(new Date(validTo).getUTCFullYear(), 2054);
});

test('other tools agree that the chain holds', async (t) => {
  const openssl = spawnSync('openssl', ['version']);
  if (openssl.error !== undefined) return t.skip('openssl is not installed');
  await withDirectory(async (directory) => {
    const pki = await Pki.open({
      ...options(directory, new TestClock(), ['localhost', '10.96.0.1', '::1']),
      clock: systemClock,
    });
    pki.close();
    const verify = (name: string, purpose: string): string =>
      spawnSync(
        'openssl',
        [
          'verify',
          '-x509_strict',
          '-purpose',
          purpose,
          '-CAfile',
          join(directory, 'ca.crt'),
          join(directory, `${name}.crt`),
        ],
        { encoding: 'utf8' },
      ).stdout;
    assert.match(verify('apiserver', 'sslserver'), /: OK/);
    assert.match(verify('admin', 'sslclient'), /: OK/);
  });
});
