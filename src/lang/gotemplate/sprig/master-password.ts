/** derivePassword: the Master Password algorithm (masterpassword.app, version 1 without key names). */
import { toBytes } from '#lang/gotemplate/bytes.ts';
import type { TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';

const seedName = 'com.lyndir.masterpassword';
const templates: Readonly<Record<string, string>> = {
  maximum: 'anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno',
  long:
    'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
    'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
    'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno',
  medium: 'CvcnoCvc CvcCvcno',
  short: 'Cvcn',
  basic: 'aaanaaan aannaaan aaannaaa',
  pin: 'nnnn',
};
const characters: Readonly<Record<string, string>> = {
  V: 'AEIOU',
  C: 'BCDFGHJKLMNPQRSTVWXYZ',
  v: 'aeiou',
  c: 'bcdfghjklmnpqrstvwxyz',
  A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
  a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
};

function bigEndian(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** `texts`: password, user, site. */
export function derivePassword(
  ports: TemplatePorts,
  of: { counter: number; type: string; texts: readonly [string, string, string] },
): string {
  const shapes = templates[of.type]?.split(' ');
  if (shapes === undefined) return `cannot find password template ${of.type}`;
  const [password, user, site] = of.texts.map(toBytes) as [Uint8Array, Uint8Array, Uint8Array];
  const name = toBytes(seedName);
  const key = ports.scrypt(password, Uint8Array.from([...name, ...bigEndian(user.length), ...user]));
  const message = Uint8Array.from([...name, ...bigEndian(site.length), ...site, ...bigEndian(of.counter)]);
  const seed = ports.hmacSha256(key, message);
  const shape = shapes[(seed[0] as number) % shapes.length] as string;
  return Array.from(shape, (kind, i) => {
    const choices = characters[kind] as string;
    return choices[(seed[i + 1] as number) % choices.length];
  }).join('');
}
