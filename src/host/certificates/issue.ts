/**
 * Issues X.509 certificates: ECDSA P-256 keys, signed by our own authority, made by the running process. PEM in and out.
 *
 *   const authority = createAuthority('kubernetes', nowMs);
 *   const { certificate, key } = issue(authority, { commonName: 'admin', organizations: ['system:masters'], … });
 *
 * The DER is written here (certificates/der.ts): @peculiar/x509 takes 150 ms to load, all keys and certificates of a first
 * start take 10.
 * @see RFC 5280
 */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signBytes,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import {
  addressBytes,
  bits,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  partsOf,
  sequence,
  set,
  time,
  truth,
  utf8,
} from '#host/certificates/der.ts';

/** PEM texts of a certificate and its private key (PKCS#8). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** Subject alternative names: DNS names and addresses. Given: a server certificate; absent: a client certificate. */
  readonly hosts?: readonly string[];
  readonly nowMs: number;
  readonly lifetimeMs: number;
}

const dayMs = 86_400_000;
export const authorityLifetimeMs = 3650 * dayMs;
export const certificateLifetimeMs = 365 * dayMs;
/** Clients whose clock is behind accept a new certificate, too. */
const backdatedMs = 3_600_000;

const oids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;
/** Bits 0, 2 and 5 of KeyUsage, from the left. */
const usage = { digitalSignature: 0x80, keyEncipherment: 0x20, keyCertSign: 0x04 } as const;

export function createAuthority(commonName: string, nowMs: number): KeyPair {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const identifier = keyIdentifier(keys.publicKey);
  const extensions = [
    critical(oids.basicConstraints, sequence(truth())),
    critical(oids.keyUsage, keyUsage(usage.digitalSignature | usage.keyEncipherment | usage.keyCertSign)),
    extension(oids.subjectKeyIdentifier, octets(identifier)),
  ];
  const name = nameOf(commonName, []);
  const certificate = certify(
    { issuer: name, subject: name, nowMs, lifetimeMs: authorityLifetimeMs, publicKey: keys.publicKey, extensions },
    keys.privateKey,
  );
  return { certificate, key: privateKeyPem(keys.privateKey) };
}

export function issue(authority: KeyPair, request: CertificateRequest): KeyPair {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { certificate: sign(authority, request, keys.publicKey), key: privateKeyPem(keys.privateKey) };
}

/** A certificate for a key that stays with its owner; PEM. */
export function sign(authority: KeyPair, request: CertificateRequest, publicKey: KeyObject): string {
  const issuer = new X509Certificate(authority.certificate);
  const { hosts, organizations = [], commonName, nowMs, lifetimeMs } = request;
  const extensions = [
    critical(oids.keyUsage, keyUsage(usage.digitalSignature | usage.keyEncipherment)),
    extension(oids.extendedKeyUsage, sequence(oid(hosts === undefined ? oids.clientAuth : oids.serverAuth))),
    critical(oids.basicConstraints, sequence()),
    extension(oids.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuer.publicKey)))),
    ...(hosts === undefined ? [] : [extension(oids.subjectAltName, sequence(...hosts.map(generalName)))]),
  ];
  const subject = nameOf(commonName, organizations);
  return certify(
    { issuer: subjectOf(issuer), subject, nowMs, lifetimeMs, publicKey, extensions },
    createPrivateKey(authority.key),
  );
}

interface Statement {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly nowMs: number;
  readonly lifetimeMs: number;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certify(
  { issuer, subject, nowMs, lifetimeMs, publicKey, extensions }: Statement,
  signingKey: KeyObject,
): string {
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const validity = sequence(time(nowMs - backdatedMs), time(nowMs + lifetimeMs));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const statement = sequence(
    explicit(0, integer(2)),
    integer(serialNumber()),
    algorithm,
    issuer,
    validity,
    subject,
    spki,
    explicit(3, sequence(...extensions)),
  );
  const signature = signBytes('sha256', statement, signingKey);
  return pem('CERTIFICATE', sequence(statement, algorithm, bits(signature)));
}

function nameOf(commonName: string, organizations: readonly string[]): Buffer {
  const attribute = (type: string, value: string): Buffer => set(sequence(oid(type), utf8(value)));
  return sequence(
    ...organizations.map((organization) => attribute(oids.organization, organization)),
    attribute(oids.commonName, commonName),
  );
}

/** Byte for byte: that is how issuer and subject are compared. Fields of the statement: version, serial, algorithm, issuer, validity, subject. */
function subjectOf(certificate: X509Certificate): Buffer {
  const [statement] = partsOf(certificate.raw);
  return partsOf(statement as Buffer)[5] as Buffer;
}

function extension(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), octets(value));
}

function critical(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), truth(), octets(value));
}

function keyUsage(flags: number): Buffer {
  return bits(Buffer.from([flags]), flags & usage.keyCertSign ? 2 : 5);
}

function generalName(host: string): Buffer {
  return isIP(host) === 0 ? implicit(2, Buffer.from(host)) : implicit(7, addressBytes(host));
}

/** SHA-1 of the bare public key (the last 65 bytes of an uncompressed P-256 key's SPKI). */
function keyIdentifier(key: KeyObject): Buffer {
  const spki = key.export({ type: 'spki', format: 'der' });
  return createHash('sha1').update(spki.subarray(-65)).digest();
}

/** Of a certificate that is there: is it whole, ours, and good for a while yet? */
export function isUsable(
  pair: KeyPair,
  check: { authority?: string; hosts?: readonly string[]; nowMs: number },
): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate);
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return false;
    if (check.authority !== undefined && !certificate.verify(new X509Certificate(check.authority).publicKey))
      return false;
    if (renewalMs(pair.certificate) <= check.nowMs) return false;
    return (check.hosts ?? []).every((host) =>
      isIP(host) === 0 ? certificate.checkHost(host) !== undefined : certificate.checkIP(host) !== undefined,
    );
  } catch {
    return false;
  }
}

/** When a certificate should be replaced: after two thirds of its life. */
export function renewalMs(certificatePem: string): number {
  const certificate = new X509Certificate(certificatePem);
  const from = Date.parse(certificate.validFrom);
  return from + ((Date.parse(certificate.validTo) - from) * 2) / 3;
}

/** A new key, PKCS#8 PEM. */
export function generateKey(): string {
  return privateKeyPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Positive, 127 bits. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes;
}
