/** Node's side of what templates need of the world: time zones, chance, hashes, keys (gotemplate/sprig/ports.ts). */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  scryptSync,
} from 'node:crypto';
import type { TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';

/** Ports over this machine. Certificates and bcrypt are handed in, as they need more than Node has. */
export function nodeTemplatePorts(more: Pick<TemplatePorts, 'bcrypt' | 'certificate' | 'checkKeyPair'>): TemplatePorts {
  return {
    ...more,
    now: () => Date.now(),
    zone,
    randomBytes: (length) => randomBytes(length),
    hash: (name, bytes) => createHash(name).update(bytes).digest(),
    hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
    scrypt: (password, salt) => scryptSync(password, salt, 64, { N: 32768, r: 8, p: 2, maxmem: 128 * 1024 * 1024 }),
    privateKey,
    aesCbc: (mode, key, { iv, data }) => {
      const cipher = (mode === 'encrypt' ? createCipheriv : createDecipheriv)('aes-256-cbc', key, iv);
      cipher.setAutoPadding(false);
      return Buffer.concat([cipher.update(data), cipher.final()]);
    },
  };
}

function zone(name: string, atMs: number): { offsetMinutes: number; abbreviation: string } | undefined {
  try {
    const timeZone = name === 'Local' ? undefined : name;
    const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(atMs);
    const text = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
    const match = /GMT([+-])(\d\d):(\d\d)/.exec(text);
    if (match === null) return { offsetMinutes: 0, abbreviation: 'UTC' };
    const minutes = (Number(match[2]) * 60 + Number(match[3])) * (match[1] === '-' ? -1 : 1);
    const short = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'short' }).formatToParts(atMs);
    const abbreviation = short.find((part) => part.type === 'timeZoneName')?.value ?? '';
    return { offsetMinutes: minutes, abbreviation };
  } catch {
    return undefined;
  }
}

function privateKey(type: string): string | undefined {
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
  const spki = { type: 'spki', format: 'pem' } as const;
  switch (type) {
    case 'rsa':
      return generateKeyPairSync('rsa', {
        modulusLength: 4096,
        privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
        publicKeyEncoding: spki,
      }).privateKey;
    case 'ecdsa':
      return generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        privateKeyEncoding: { type: 'sec1', format: 'pem' },
        publicKeyEncoding: spki,
      }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519', { privateKeyEncoding: pkcs8, publicKeyEncoding: spki }).privateKey;
  }
  return undefined;
}
