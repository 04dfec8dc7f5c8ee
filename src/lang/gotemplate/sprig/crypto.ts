/** sprig's cryptography, over the ports. */
import { formatIp, parseIp } from '#base/ip.ts';
import { fromBytes, toBytes } from '#lang/gotemplate/bytes.ts';
import { goPrint } from '#lang/gotemplate/print.ts';
import { base64, fromBase64 } from '#lang/gotemplate/sprig/encoding.ts';
import { derivePassword } from '#lang/gotemplate/sprig/master-password.ts';
import type { CertificateRequest, HashName, KeyPair, TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';
import { CallError, GoObject, fn } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';

/** sprig.certificate */
export class GoCertificate extends GoObject implements KeyPair {
  readonly goType = 'sprig.certificate';
  readonly goKind = 'struct';
  readonly Cert: string;
  readonly Key: string;

  constructor(pair: KeyPair) {
    super();
    this.Cert = pair.Cert;
    this.Key = pair.Key;
  }

  override field(name: string): GoValue {
    return name === 'Cert' ? this.Cert : name === 'Key' ? this.Key : undefined;
  }

  override fields(): readonly (readonly [string, GoValue])[] {
    return [
      ['Cert', this.Cert],
      ['Key', this.Key],
    ];
  }
}

const keyBytes = 32;
const blockBytes = 16;

/** The functions by name. */
export function cryptoFunctions(ports: TemplatePorts): [string, GoFunction][] {
  const sum = (name: HashName): GoFunction => fn('string', (text: string) => hex(ports.hash(name, toBytes(text))));
  return [
    ['sha1sum', sum('sha1')],
    ['sha256sum', sum('sha256')],
    ['sha512sum', sum('sha512')],
    ['bcrypt', fn('string', (text: string) => bcrypt(ports, text))],
    [
      'htpasswd',
      fn('string,string', (user: string, text: string) =>
        user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(ports, text)}`,
      ),
    ],
    ['randBytes', fn('int', (count: number) => base64(ports.randomBytes(count)))],
    ['uuidv4', fn('', () => uuid(ports.randomBytes(16)))],
    [
      'derivePassword',
      fn('uint32,string,string,string,string', (counter: number, type: string, ...texts: [string, string, string]) =>
        derivePassword(ports, { counter, type, texts }),
      ),
    ],
    [
      'genPrivateKey',
      fn('string', (type: string) => ports.privateKey(type === '' ? 'rsa' : type) ?? `Unknown type ${type}`),
    ],
    ['encryptAES', fn('string,string', (key: string, text: string) => encrypt(ports, key, text))],
    ['decryptAES', fn('string,string', (key: string, text: string) => decrypt(ports, key, text))],
    ...certificateFunctions(ports),
  ];
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function uuid(bytes: Uint8Array): string {
  const b = Uint8Array.from(bytes);
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  return hex(b).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function bcrypt(ports: TemplatePorts, text: string): string {
  const bytes = toBytes(text);
  if (bytes.length > 72) return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes';
  return ports.bcrypt(bytes);
}

function paddedKey(text: string): Uint8Array {
  const key = new Uint8Array(keyBytes);
  key.set(toBytes(text).subarray(0, keyBytes));
  return key;
}

function encrypt(ports: TemplatePorts, password: string, text: string): string {
  if (text === '') return '';
  const content = toBytes(text);
  const padding = blockBytes - (content.length % blockBytes);
  const data = new Uint8Array(content.length + padding).fill(padding);
  data.set(content);
  const iv = ports.randomBytes(blockBytes);
  return base64(Uint8Array.from([...iv, ...ports.aesCbc('encrypt', paddedKey(password), { iv, data })]));
}

function decrypt(ports: TemplatePorts, password: string, text: string): string {
  if (text === '') return '';
  const bytes = fromBase64(text);
  if (bytes.length < blockBytes)
    throw new CallError(`runtime error: slice bounds out of range [:16] with capacity ${bytes.length}`);
  const data = bytes.subarray(blockBytes);
  if (data.length % blockBytes !== 0) throw new CallError('crypto/cipher: input not full blocks');
  const plain = ports.aesCbc('decrypt', paddedKey(password), { iv: bytes.subarray(0, blockBytes), data });
  return fromBytes(plain.subarray(0, Math.max(0, plain.length - (plain.at(-1) ?? 0))));
}

function certificateFunctions(ports: TemplatePorts): [string, GoFunction][] {
  const make = (request: Partial<CertificateRequest> & { commonName: string; daysValid: number }): GoValue => {
    const empty = { ips: [], dnsNames: [], isCA: false, keyPem: undefined, signer: undefined };
    return new GoCertificate(ports.certificate({ ...empty, ...request }));
  };
  type List = readonly GoValue[] | null;
  return [
    ['buildCustomCert', fn('string,string', (cert: string, key: string) => customCertificate(ports, cert, key))],
    ['genCA', fn('string,int', (commonName: string, daysValid: number) => make({ commonName, daysValid, isCA: true }))],
    [
      'genCAWithKey',
      fn('string,int,string', (commonName: string, daysValid: number, keyPem: string) =>
        make({ commonName, daysValid, isCA: true, keyPem }),
      ),
    ],
    [
      'genSelfSignedCert',
      fn('string,[]any,[]any,int', (commonName: string, ips: List, dns: List, daysValid: number) =>
        make({ commonName, daysValid, ips: addresses(ips), dnsNames: names(dns) }),
      ),
    ],
    [
      'genSelfSignedCertWithKey',
      fn(
        'string,[]any,[]any,int,string',
        (commonName: string, ips: List, dns: List, daysValid: number, keyPem: string) =>
          make({ commonName, daysValid, ips: addresses(ips), dnsNames: names(dns), keyPem }),
      ),
    ],
    [
      'genSignedCert',
      fn(
        'string,[]any,[]any,int,sprig.certificate',
        (commonName: string, ips: List, dns: List, daysValid: number, signer: KeyPair) =>
          make({ commonName, daysValid, ips: addresses(ips), dnsNames: names(dns), signer }),
      ),
    ],
    [
      'genSignedCertWithKey',
      fn(
        'string,[]any,[]any,int,sprig.certificate,string',
        (commonName: string, ips: List, dns: List, daysValid: number, signer: KeyPair, keyPem: string) =>
          make({ commonName, daysValid, ips: addresses(ips), dnsNames: names(dns), signer, keyPem }),
      ),
    ],
  ];
}

function addresses(list: readonly GoValue[] | null): string[] {
  return (list ?? []).map((item) => {
    if (typeof item !== 'string') throw new CallError(`error parsing ip: ${goPrint(item)} is not a string`);
    const address = parseIp(item);
    if (address === undefined || address.hasLeadingZeros) throw new CallError(`error parsing ip: ${item}`);
    return formatIp(address);
  });
}

function names(list: readonly GoValue[] | null): string[] {
  return (list ?? []).map((item) => {
    if (typeof item === 'string') return item;
    throw new CallError(`error processing alternate dns name: ${goPrint(item)} is not a string`);
  });
}

function customCertificate(ports: TemplatePorts, cert: string, key: string): GoValue {
  const pair = { Cert: decoded(cert, 'certificate'), Key: decoded(key, 'private key') };
  ports.checkKeyPair(pair.Cert, pair.Key);
  return new GoCertificate(pair);
}

function decoded(text: string, what: string): string {
  try {
    return fromBytes(fromBase64(text));
  } catch {
    throw new CallError(`unable to decode base64 ${what}`);
  }
}
