/**
 * Issues X.509 certificates: ECDSA P-256 keys, signed by our own authority, made by the running process. PEM in and out.
 *
 *   const authority = await createAuthority('kubernetes', nowMs);
 *   const { certificate, key } = await issue(authority, { commonName: 'admin', organizations: ['system:masters'], … });
 *
 * The library that writes certificates takes longer to load than all keys take to make: it is loaded when the first
 * certificate is issued, not when the server starts on existing ones.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

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

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The library needs its metadata polyfill first. */
async function library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

export async function createAuthority(commonName: string, nowMs: number): Promise<KeyPair> {
  const x509 = await library();
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    serialNumber: serialNumber(),
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(nowMs + authorityLifetimeMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await privateKeyPem(keys.privateKey) };
}

export async function issue(authority: KeyPair, request: CertificateRequest): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await sign(authority, request, keys.publicKey);
  return { certificate, key: await privateKeyPem(keys.privateKey) };
}

/** A certificate for a key that stays with its owner; PEM. */
export async function sign(authority: KeyPair, request: CertificateRequest, publicKey: CryptoKey): Promise<string> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.certificate);
  const { hosts, organizations } = request;
  const usage = hosts === undefined ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const extensions = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([usage]),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ...(hosts === undefined
      ? []
      : [
          new x509.SubjectAlternativeNameExtension(
            hosts.map((host) => ({ type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const), value: host })),
          ),
        ]),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [...(organizations ?? []).map((organization) => ({ O: [organization] })), { CN: [request.commonName] }],
    issuer: issuer.subjectName,
    serialNumber: serialNumber(),
    notBefore: new Date(request.nowMs - backdatedMs),
    notAfter: new Date(request.nowMs + request.lifetimeMs),
    signingAlgorithm: algorithm,
    publicKey,
    signingKey: await importPrivateKey(authority.key),
    extensions,
  });
  return `${certificate.toString('pem')}\n`;
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

export function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

export async function privateKeyPem(key: CryptoKey): Promise<string> {
  return pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', key));
}

function importPrivateKey(keyPem: string): Promise<CryptoKey> {
  const bytes = Buffer.from(keyPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  return crypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']);
}

function pem(label: string, bytes: ArrayBuffer): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Positive, 127 bits, hexadecimal. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
