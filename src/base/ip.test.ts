import { test } from 'node:test';
import assert from 'node:assert/strict';
import { formatIp, formatPrefix, parseIp, parsePrefix, prefixContains, prefixSize } from '#base/ip.ts';

const addresses: readonly [string, string | undefined][] = [
  ['10.0.0.1', '10.0.0.1'],
  ['010.000.0.1', '10.0.0.1'],
  ['::', '::'],
  ['::1', '::1'],
  ['FE80:0:0:0::ABC', 'fe80::abc'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['256.0.0.1', undefined],
  ['1.2.3', undefined],
  ['1::2::3', undefined],
  ['12345::', undefined],
  ['fe80::1%eth0', undefined],
  ['', undefined],
];
for (const [text, expected] of addresses) {
  test(`${JSON.stringify(text)} is ${expected ?? 'no address'}`, () => {
    const address = parseIp(text);
    assert.equal(address === undefined ? undefined : formatIp(address), expected);
  });
}

test('a prefix clears host bits and knows its size', () => {
  const prefix = parsePrefix('10.1.2.3/8');
  assert.ok(prefix);
  assert.equal(formatPrefix(prefix), '10.0.0.0/8');
  assert.equal(prefixSize(prefix), 2n ** 24n);
  const inside = parseIp('10.255.0.1');
  const outside = parseIp('11.0.0.0');
  assert.ok(inside && outside);
  assert.equal(prefixContains(prefix, inside), true);
  assert.equal(prefixContains(prefix, outside), false);
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', 'x/8']) assert.equal(parsePrefix(text), undefined);
});
