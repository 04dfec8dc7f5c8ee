import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { compareSync } from 'bcryptjs';
import { nodeTemplatePorts } from '#host/template-crypto.ts';
import { partsOf } from '#host/certificates/der.ts';
import { decodePem } from '#host/template-crypto/pem.ts';
import type { CertificateRequest } from '#lang/gotemplate/sprig/ports.ts';

const ports = nodeTemplatePorts();
const request: CertificateRequest = {
  commonName: 'foo.com',
  ips: [],
  dnsNames: [],
  daysValid: 365,
  isCA: false,
  keyPem: undefined,
  signer: undefined,
};

test('an authority signs a certificate for names and addresses', () => {
  const authority = ports.certificate({ ...request, commonName: 'my-ca', isCA: true });
  const ca = new X509Certificate(authority.Cert);
  assert.equal(ca.ca, true);
  assert.equal(ca.subject, 'CN=my-ca');
  assert.ok(ca.verify(ca.publicKey));
  const pair = ports.certificate({ ...request, ips: ['10.0.0.1', '::1'], dnsNames: ['*.a.b'], signer: authority });
  const leaf = new X509Certificate(pair.Cert);
  assert.ok(leaf.verify(ca.publicKey));
  assert.ok(leaf.checkIssued(ca));
  assert.ok(leaf.checkPrivateKey(createPrivateKey(pair.Key)));
  assert.equal(leaf.subjectAltName, 'DNS:*.a.b, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1');
  assert.equal(leaf.ca, false);
  assert.equal(leaf.validToDate.getTime() - leaf.validFromDate.getTime(), 365 * 86_400_000);
  assert.ok(pair.Key.startsWith('-----BEGIN RSA PRIVATE KEY-----\n'));
});

test('private keys have the PEM types of sprig', () => {
  const types = { ecdsa: 'EC PRIVATE KEY', ed25519: 'PRIVATE KEY', rsa: 'RSA PRIVATE KEY' };
  for (const [type, header] of Object.entries(types)) {
    const pem = ports.privateKey(type) ?? '';
    assert.equal(decodePem(pem)?.type, header);
    const pair = ports.certificate({ ...request, keyPem: pem });
    assert.equal(pair.Key, pem);
    assert.ok(new X509Certificate(pair.Cert).checkPrivateKey(createPrivateKey(pem)));
  }
  assert.equal(ports.privateKey('x'), undefined);
});

test('a DSA key has six numbers and signs nothing', () => {
  const pem = ports.privateKey('dsa') ?? '';
  assert.equal(partsOf(decodePem(pem)?.bytes ?? Buffer.alloc(0)).length, 6);
  const message = 'error creating certificate: x509: certificate private key does not implement crypto.Signer';
  assert.throws(() => ports.certificate({ ...request, keyPem: pem }), { message });
});

test('what is no key or certificate is refused in the words of sprig', () => {
  const pair = ports.certificate({ ...request, keyPem: ports.privateKey('ecdsa') });
  ports.checkKeyPair(pair.Cert, pair.Key);
  const failures: [string, () => unknown][] = [
    ['parsing private key: no PEM data in input', () => ports.certificate({ ...request, keyPem: 'x' })],
    [
      'parsing private key: no private key data in PEM block of type CERTIFICATE',
      () => ports.certificate({ ...request, keyPem: pair.Cert }),
    ],
    ['unable to decode certificate', () => ports.certificate({ ...request, signer: { Cert: '', Key: '' } })],
    [
      'error parsing private key: no PEM data in input',
      () => ports.certificate({ ...request, signer: { ...pair, Key: '' } }),
    ],
    ['unable to decode certificate', () => ports.checkKeyPair('x', pair.Key)],
    [
      "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey",
      () => ports.certificate({ ...request, signer: { Cert: pair.Cert, Key: ports.privateKey('ecdsa') ?? '' } }),
    ],
    [
      'error creating certificate: x509: "ä" cannot be encoded as an IA5String',
      () => ports.certificate({ ...request, dnsNames: ['ä'], keyPem: pair.Key }),
    ],
  ];
  for (const [message, body] of failures) assert.throws(body, { message }, message);
});

test('bcrypt hashes are those of Go', () => {
  const hash = ports.bcrypt(new TextEncoder().encode('pass'));
  assert.match(hash, /^\$2a\$10\$[./A-Za-z0-9]{53}$/);
  assert.ok(compareSync('pass', hash));
});
