/** What templates need of the world: time, chance and cryptography, all synchronous. host/template-crypto.ts is Node's. */
export type HashName = 'sha1' | 'sha256' | 'sha512';

export interface KeyPair {
  readonly Cert: string;
  readonly Key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly ips: readonly string[];
  readonly dnsNames: readonly string[];
  readonly daysValid: number;
  readonly isCA: boolean;
  /** PEM; undefined = a new RSA key of 2048 bits. */
  readonly keyPem: string | undefined;
  /** Undefined = signed by its own key. */
  readonly signer: KeyPair | undefined;
}

export interface TemplatePorts {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Minutes east of UTC at a moment, for the local zone (`Local`) or a zone of the database; undefined = no such zone. */
  zone(name: string, atMs: number): { readonly offsetMinutes: number; readonly abbreviation: string } | undefined;
  randomBytes(length: number): Uint8Array;
  hash(name: HashName, bytes: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** N=32768, r=8, p=2, 64 bytes. */
  scrypt(password: Uint8Array, salt: Uint8Array): Uint8Array;
  /** `$2a$10$…` */
  bcrypt(password: Uint8Array): string;
  /** PEM of a new private key, or undefined for an unknown type. */
  privateKey(type: string): string | undefined;
  /** Throws Error with Go's words. */
  certificate(request: CertificateRequest): KeyPair;
  /** Throws Error with Go's words if one of them is no certificate or key. */
  checkKeyPair(certPem: string, keyPem: string): void;
  /** AES-256-CBC without padding. */
  aesCbc(mode: 'encrypt' | 'decrypt', key: Uint8Array, parts: { iv: Uint8Array; data: Uint8Array }): Uint8Array;
}
