/** PEM as Go's encoding/pem reads and writes it. */

export interface PemBlock {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The first block of a text; undefined if there is none. Headers are passed over. */
export function decodePem(text: string): PemBlock | undefined {
  const pattern = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n([\s\S]*?)-----END ([^\n]*?)-----[ \t\r]*(?=\n|$)/g;
  for (const [, type = '', body = '', end] of text.matchAll(pattern)) {
    const base64 = body.replace(/^(?:[^\n:]*:[^\n]*\n)+/, '').replaceAll(/\s/g, '');
    if (type === end && base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
      return { type, bytes: Buffer.from(base64, 'base64') };
    }
  }
  return undefined;
}

/** Lines of 64 characters, with a line break at the end. */
export function encodePem({ type, bytes }: PemBlock): string {
  const lines = bytes.toString('base64').replaceAll(/.{1,64}/g, '$&\n');
  return `-----BEGIN ${type}-----\n${lines}-----END ${type}-----\n`;
}
