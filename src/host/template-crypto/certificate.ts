/**
 * Certificates as sprig makes them with Go's x509.CreateCertificate: the same fields, extensions and their order.
 * @see RFC 5280
 */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import {
  addressBytes,
  bits,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  partsOf,
  printable,
  sequence,
  set,
  time,
  truth,
  utf8,
} from '#host/certificates/der.ts';
import { keyPem, parseKeyPem } from '#host/template-crypto/keys.ts';
import type { TemplateKey } from '#host/template-crypto/keys.ts';
import { decodePem, encodePem } from '#host/template-crypto/pem.ts';
import { isAscii } from '#lang/gotemplate/bytes.ts';
import type { CertificateRequest, KeyPair } from '#lang/gotemplate/sprig/ports.ts';

const oids = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;
const dayNanos = 86_400_000_000_000n;
const identifierBytes = 20;

interface Parent {
  readonly subject: Buffer;
  readonly identifier: Buffer | undefined;
  readonly key: TemplateKey;
  readonly publicKey: KeyObject | undefined;
}

/** A new certificate and its key as PEM. Throws Error with sprig's words. */
export function makeCertificate(request: CertificateRequest, nowMs: number): KeyPair {
  const own = request.keyPem === undefined ? newKey() : namedParse(request.keyPem, 'parsing private key');
  const signer = request.signer === undefined ? undefined : parentOf(request.signer);
  const subject = nameOf(request.commonName);
  try {
    const der = certificate({ request, nowMs, own, subject }, signer ?? selfSigned(own, subject));
    return { Cert: encodePem({ type: 'CERTIFICATE', bytes: der }), Key: keyPem(own) };
  } catch (error) {
    throw new Error(`error creating certificate: ${(error as Error).message}`);
  }
}

/** sprig.buildCustomCertificate's checks. Throws Error with sprig's words. */
export function checkKeyPair(certPem: string, keyPemText: string): void {
  const block = decodePem(certPem);
  if (block === undefined) throw new Error('unable to decode certificate');
  parseCertificate(block.bytes, 'decodedCert');
  namedParse(keyPemText, 'error parsing private key');
}

function newKey(): TemplateKey {
  return { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
}

function namedParse(text: string, what: string): TemplateKey {
  try {
    return parseKeyPem(text);
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`);
  }
}

function parseCertificate(bytes: Buffer, variable: string): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    throw new Error(`error parsing certificate: ${variable}.Bytes: x509: malformed certificate`);
  }
}

function parentOf(signer: KeyPair): Parent {
  const block = decodePem(signer.Cert);
  if (block === undefined) throw new Error('unable to decode certificate');
  const parsed = parseCertificate(block.bytes, 'decodedSignerCert');
  const key = namedParse(signer.Key, 'error parsing private key');
  const parts = partsOf(partsOf(parsed.raw)[0] as Buffer);
  // [0] version is left out in version 1.
  const first = parts[0]?.[0] === 0xa0 ? 1 : 0;
  return { subject: parts[first + 4] as Buffer, identifier: keyIdentifier(parts), key, publicKey: parsed.publicKey };
}

/** The content of the subject key identifier, if the certificate has one. */
function keyIdentifier(parts: readonly Buffer[]): Buffer | undefined {
  const extensions = parts.find((part) => part[0] === 0xa3);
  if (extensions === undefined) return undefined;
  const wanted = oid(oids.subjectKeyIdentifier);
  for (const entry of partsOf(partsOf(extensions)[0] as Buffer)) {
    const fields = partsOf(entry);
    if (fields[0]?.equals(wanted) === true) return fields.at(-1)?.subarray(4);
  }
  return undefined;
}

function selfSigned(key: TemplateKey, subject: Buffer): Parent {
  return { subject, identifier: undefined, key, publicKey: undefined };
}

interface Subject {
  readonly request: CertificateRequest;
  readonly nowMs: number;
  readonly own: TemplateKey;
  readonly subject: Buffer;
}

function certificate({ request, nowMs, own, subject }: Subject, parent: Parent): Buffer {
  if ('dsa' in parent.key) throw new Error('x509: certificate private key does not implement crypto.Signer');
  if ('dsa' in own) throw new Error('x509: unsupported public key type: *dsa.PublicKey');
  const { algorithm, hash } = signatureOf(parent.key.key);
  const publicKey = createPublicKey(own.key).export({ format: 'der', type: 'spki' });
  const signerKey = createPublicKey(parent.key.key);
  if (parent.publicKey !== undefined && !signerKey.equals(parent.publicKey)) {
    throw new Error("x509: provided PrivateKey doesn't match parent's PublicKey");
  }
  const authority = parent.subject.equals(subject) ? undefined : parent.identifier;
  const body = sequence(
    explicit(0, integer(2)),
    integer(serial()),
    algorithm,
    parent.subject,
    validity(nowMs, request.daysValid),
    subject,
    publicKey,
    explicit(3, sequence(...extensions(request, publicKey, authority))),
  );
  return sequence(body, algorithm, bits(sign(hash, body, parent.key.key)));
}

/** Up to 128 bits; DER wants as few bytes as there are. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first < 0 ? bytes.length - 1 : first);
}

function signatureOf(key: KeyObject): { algorithm: Buffer; hash: string | null } {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      // RSA's identifier carries an explicit NULL.
      return { algorithm: sequence(oid('1.2.840.113549.1.1.11'), Buffer.from([5, 0])), hash: 'sha256' };
    case 'ed25519':
      return { algorithm: sequence(oid('1.3.101.112')), hash: null };
    case 'ec':
      return ellipticSignature(key.asymmetricKeyDetails?.namedCurve);
  }
  throw new Error('x509: only RSA, ECDSA and Ed25519 keys supported');
}

function ellipticSignature(curve: string | undefined): { algorithm: Buffer; hash: string } {
  const base = '1.2.840.10045.4.3.';
  if (curve === 'secp384r1') return { algorithm: sequence(oid(`${base}3`)), hash: 'sha384' };
  if (curve === 'secp521r1') return { algorithm: sequence(oid(`${base}4`)), hash: 'sha512' };
  return { algorithm: sequence(oid(`${base}2`)), hash: 'sha256' };
}

/** Days beyond 292 years wrap around, as a Go duration does. */
function validity(nowMs: number, days: number): Buffer {
  const nanos = BigInt.asIntN(64, BigInt(days) * dayNanos);
  return sequence(time(nowMs), time(nowMs + Number(nanos / 1_000_000n)));
}

/** Go writes a PrintableString where the characters allow it. */
function nameOf(commonName: string): Buffer {
  if (commonName === '') return sequence();
  const text = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(commonName) ? printable(commonName) : utf8(commonName);
  return sequence(set(sequence(oid(oids.commonName), text)));
}

const critical = (id: string, content: Buffer): Buffer => sequence(oid(id), truth(), octets(content));
const plain = (id: string, content: Buffer): Buffer => sequence(oid(id), octets(content));

function extensions(request: CertificateRequest, publicKey: Buffer, authority: Buffer | undefined): Buffer[] {
  const { isCA, dnsNames, ips, commonName } = request;
  // digitalSignature and keyEncipherment, with keyCertSign for authorities.
  const usage = isCA ? bits(Buffer.from([0xa4]), 2) : bits(Buffer.from([0xa0]), 5);
  const list = [
    critical(oids.keyUsage, usage),
    plain(oids.extendedKeyUsage, sequence(oid(oids.serverAuth), oid(oids.clientAuth))),
    critical(oids.basicConstraints, isCA ? sequence(truth()) : sequence()),
  ];
  if (isCA) list.push(plain(oids.subjectKeyIdentifier, octets(identifierOf(publicKey))));
  if (authority !== undefined) list.push(plain(oids.authorityKeyIdentifier, sequence(implicit(0, authority))));
  if (dnsNames.length + ips.length > 0) {
    const names = sequence(...dnsNames.map(dnsName), ...ips.map((ip) => implicit(7, addressBytes(ip))));
    list.push((commonName === '' ? critical : plain)(oids.subjectAltName, names));
  }
  return list;
}

function dnsName(name: string): Buffer {
  if (!isAscii(name)) {
    throw new Error(`x509: ${JSON.stringify(name)} cannot be encoded as an IA5String`);
  }
  return implicit(2, Buffer.from(name));
}

/** RFC 7093: the first 160 bits of the SHA-256 of the key's bits. */
function identifierOf(publicKey: Buffer): Buffer {
  const bitString = partsOf(publicKey)[1] as Buffer;
  const header = (bitString[1] as number) < 0x80 ? 2 : 2 + ((bitString[1] as number) & 0x7f);
  return createHash('sha256')
    .update(bitString.subarray(header + 1))
    .digest()
    .subarray(0, identifierBytes);
}
