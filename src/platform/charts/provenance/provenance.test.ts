import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey } from 'openpgp';
import { parseMetadata } from '#platform/charts/metadata.ts';
import { messageSums, provenanceMessage } from './message.ts';
import { findSigningKey, readKeyring, signProvenance, verifyProvenance } from './verify.ts';

const metadata = parseMetadata('apiVersion: v2\nname: web\nversion: 1.0.0\n');
const digest = `sha256:${'0'.repeat(64)}`;

test('the message that is signed', () => {
  const text = provenanceMessage(metadata, 'web-1.0.0.tgz', digest);
  assert.equal(text, `apiVersion: v2\nname: web\nversion: 1.0.0\n\n...\nfiles:\n  web-1.0.0.tgz: ${digest}\n`);
  assert.equal(messageSums(text).get('web-1.0.0.tgz'), digest);
  assert.throws(() => messageSums('files: {}'), { message: 'message block must have at least two parts' });
});

for (const [name, options] of [
  ['Ed25519', { type: 'ecc', curve: 'ed25519Legacy' }],
  ['P-256', { type: 'ecc', curve: 'nistP256' }],
  ['RSA', { type: 'rsa', rsaBits: 2048 }],
] as const)
  test(`signing and verifying with ${name}`, async () => {
    const made = await generateKey({
      ...options,
      userIDs: [{ name: 'Jo' }, { name: 'Al' }],
      format: 'object',
      passphrase: 'p',
    });
    const secrets = await readKeyring(made.privateKey.write() as Uint8Array);
    const keyring = await readKeyring(made.publicKey.write() as Uint8Array);
    const file = { name: 'web-1.0.0.tgz', digest };
    const key = findSigningKey(secrets, 'Jo');
    const text = await signProvenance(metadata, file, { key, passphrase: () => Promise.resolve('p') });
    const found = await verifyProvenance(text, file, keyring);
    assert.deepEqual(found.signedBy, ['Jo', 'Al']);
    assert.equal(found.fingerprint, made.publicKey.getFingerprint().toUpperCase());
    await assert.rejects(
      verifyProvenance(text, { ...file, digest: 'sha256:1' }, keyring),
      /^ChartError: sha256 sum does not match for web-1\.0\.0\.tgz/,
    );
    await assert.rejects(verifyProvenance(text, { ...file, name: 'x' }, keyring), {
      message: 'provenance does not contain a SHA for a file named "x"',
    });
    await assert.rejects(
      verifyProvenance(text.replace('name: web', 'name: wed'), file, keyring),
      /verification failure$/,
    );
    await assert.rejects(verifyProvenance(text, file, []), { message: 'openpgp: signature made by unknown entity' });
    await assert.rejects(signProvenance(metadata, file, { key, passphrase: () => Promise.resolve('wrong') }), {
      message: 'openpgp: invalid data: private key checksum failure',
    });
    await assert.rejects(signProvenance(metadata, file, { key: keyring[0], passphrase: () => Promise.resolve('') }), {
      message: 'provided key is not a private key. Try providing a keyring with secret keys',
    });
  });
