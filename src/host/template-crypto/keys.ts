/**
 * Private keys as sprig makes, reads and writes them: RSA as PKCS#1, elliptic curves as SEC 1, DSA as OpenSSL's sequence of
 * numbers, all else as PKCS#8.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { integer, partsOf, sequence } from '#host/certificates/der.ts';
import { decodePem, encodePem } from '#host/template-crypto/pem.ts';

/** A key of a template; DSA keys only pass through, as Go signs nothing with them. */
export type TemplateKey = { readonly key: KeyObject } | { readonly dsa: Buffer };

const rsaBits = 4096;

/** PEM of a new private key; undefined for a type that sprig does not know. */
export function generatePrivateKey(type: string): string | undefined {
  switch (type) {
    case 'rsa':
      return keyPem({ key: generateKeyPairSync('rsa', { modulusLength: rsaBits }).privateKey });
    case 'ecdsa':
      return keyPem({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey });
    case 'ed25519':
      return keyPem({ key: generateKeyPairSync('ed25519').privateKey });
    case 'dsa':
      return keyPem({ dsa: dsaNumbers() });
  }
  return undefined;
}

/** sprig.pemBlockForKey */
export function keyPem(key: TemplateKey): string {
  if ('dsa' in key) return encodePem({ type: 'DSA PRIVATE KEY', bytes: key.dsa });
  switch (key.key.asymmetricKeyType) {
    case 'rsa':
      return encodePem({ type: 'RSA PRIVATE KEY', bytes: key.key.export({ format: 'der', type: 'pkcs1' }) });
    case 'ec':
      return encodePem({ type: 'EC PRIVATE KEY', bytes: key.key.export({ format: 'der', type: 'sec1' }) });
  }
  return encodePem({ type: 'PRIVATE KEY', bytes: key.key.export({ format: 'der', type: 'pkcs8' }) });
}

/** sprig.parsePrivateKeyPEM. Throws Error with sprig's words. */
export function parseKeyPem(text: string): TemplateKey {
  const block = decodePem(text);
  if (block === undefined) throw new Error('no PEM data in input');
  const { type, bytes } = block;
  if (type === 'PRIVATE KEY') return { key: readKey(bytes, 'pkcs8', 'decoding PEM as PKCS#8') };
  if (!type.endsWith(' PRIVATE KEY')) throw new Error(`no private key data in PEM block of type ${type}`);
  const algorithm = type.slice(0, -' PRIVATE KEY'.length);
  switch (algorithm) {
    case 'RSA':
      return { key: readKey(bytes, 'pkcs1', 'parsing RSA private key from PEM') };
    case 'EC':
      return { key: readKey(bytes, 'sec1', 'parsing EC private key from PEM') };
    case 'DSA':
      if (bytes[0] !== 0x30 || partsOf(bytes).length !== 6) {
        throw new Error("parsing DSA private key from PEM: asn1: structure error: tags don't match");
      }
      return { dsa: bytes };
  }
  throw new Error(`invalid private key type ${algorithm}`);
}

function readKey(bytes: Buffer, type: 'pkcs8' | 'pkcs1' | 'sec1', what: string): KeyObject {
  try {
    return createPrivateKey({ key: bytes, format: 'der', type });
  } catch {
    throw new Error(`${what}: ${keyError(bytes, type)}`);
  }
}

/** Go first looks at the outermost tag, then tries the other formats to say which one it is. */
function keyError(bytes: Buffer, type: 'pkcs8' | 'pkcs1' | 'sec1'): string {
  if (bytes.length === 0) return 'asn1: syntax error: sequence truncated';
  const readers = { pkcs1: 'ParsePKCS1PrivateKey', sec1: 'ParseECPrivateKey', pkcs8: 'ParsePKCS8PrivateKey' } as const;
  for (const [other, reader] of Object.entries(readers) as ['pkcs8' | 'pkcs1' | 'sec1', string][]) {
    if (other === type || !isReadable(bytes, other)) continue;
    return `x509: failed to parse private key (use ${reader} instead for this key format)`;
  }
  return "asn1: structure error: tags don't match";
}

function isReadable(bytes: Buffer, type: 'pkcs8' | 'pkcs1' | 'sec1'): boolean {
  try {
    createPrivateKey({ key: bytes, format: 'der', type });
    return true;
  } catch {
    return false;
  }
}

/** Version, p, q, g, y and x of a new key. */
function dsaNumbers(): Buffer {
  const { privateKey } = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });
  const [, algorithm, secret] = partsOf(privateKey.export({ format: 'der', type: 'pkcs8' })) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const parameters = partsOf(partsOf(algorithm)[1] as Buffer);
  const open = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const bitString = partsOf(open)[1] as Buffer;
  // Behind the tag, the length and the count of unused bits stands the integer y; in `secret` the integer x behind its tag.
  const y = bitString.subarray(headerBytes(bitString) + 1);
  return sequence(integer(0), ...parameters, y, secret.subarray(headerBytes(secret)));
}

function headerBytes(value: Buffer): number {
  const first = value[1] as number;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}
