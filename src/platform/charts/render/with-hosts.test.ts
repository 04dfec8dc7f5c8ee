import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderWithHosts } from '#platform/charts/render/with-hosts.ts';

const dns: Readonly<Record<string, string>> = { web: '10.0.0.1', db: '10.0.0.2' };
const ask = async (name: string): Promise<string> => dns[name] ?? '';

test('hosts are asked once each, those too that an answer leads to', async () => {
  const asked: string[] = [];
  const text = await renderWithHosts(
    (name) => {
      asked.push(name);
      return ask(name);
    },
    async (host) => `${host('web')} ${host('web') === '' ? '' : host('db')} ${host('none')}`,
  );
  assert.equal(text, '10.0.0.1 10.0.0.2 ');
  assert.deepEqual(asked, ['web', 'none', 'db']);
});

test('a rendering that fails for want of an answer is done again; one that fails with it fails', async () => {
  const needs = async (host: (name: string) => string, name: string): Promise<string> => {
    const address = host(name);
    if (address === '') throw new Error(`no address of ${name}`);
    return address;
  };
  assert.equal(await renderWithHosts(ask, (host) => needs(host, 'web')), '10.0.0.1');
  await assert.rejects(
    renderWithHosts(ask, (host) => needs(host, 'none')),
    /no address of none/,
  );
});

test('names without end are refused', async () => {
  let count = 0;
  await assert.rejects(
    renderWithHosts(ask, async (host) => host(`host-${count++}`)),
    /50 rounds of questions were not enough/,
  );
});
