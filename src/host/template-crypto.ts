/** Node's side of what templates need of the world: time zones, chance, hashes, keys (gotemplate/sprig/ports.ts). */
import { createCipheriv, createDecipheriv, createHash, createHmac, scryptSync } from 'node:crypto';
import { genSaltSync, hashSync } from 'bcryptjs';
import { checkKeyPair, makeCertificate } from '#host/template-crypto/certificate.ts';
import { chanceBytes } from '#host/template-crypto/chance.ts';
import { generatePrivateKey } from '#host/template-crypto/keys.ts';
import { sha256 } from '#host/template-crypto/sha256.ts';
import type { TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';

/** Go's bcrypt.DefaultCost. */
const bcryptCost = 10;
/** Bytes; beyond, Node's sum is worth loading its module. */
const maxOwnHash = 64 * 1024;

/** Ports over this machine. */
export function nodeTemplatePorts(): TemplatePorts {
  return {
    now: () => Date.now(),
    zone,
    randomBytes: chanceBytes,
    hash: (name, bytes) =>
      name === 'sha256' && bytes.length <= maxOwnHash ? sha256(bytes) : createHash(name).update(bytes).digest(),
    hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
    scrypt: (password, salt) => scryptSync(password, salt, 64, { N: 32768, r: 8, p: 2, maxmem: 128 * 1024 * 1024 }),
    bcrypt: (password) => {
      const text = new TextDecoder().decode(password);
      return hashSync(text, genSaltSync(bcryptCost)).replace(/^\$2[by]\$/, '$2a$');
    },
    privateKey: generatePrivateKey,
    certificate: (request) => makeCertificate(request, Date.now()),
    checkKeyPair,
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
    return { offsetMinutes: minutes, abbreviation: abbreviationOf(timeZone, atMs) };
  } catch {
    return undefined;
  }
}

/** Each of these knows the abbreviations of its own part of the world; elsewhere they write the offset. */
const locales = ['en-US', 'en-GB', 'en-IN', 'en-AU', 'en-NZ', 'en-ZA'];

/** `CET`; where nobody has a name for the zone, the offset. */
function abbreviationOf(timeZone: string | undefined, atMs: number): string {
  let text = '';
  for (const locale of locales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' }).formatToParts(atMs);
    text = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
    if (!/^(?:GMT|UTC)./.test(text)) return text;
  }
  return text;
}
