/** Base64 as Go's StdEncoding reads it: line breaks ignored, unused bits ignored; written back without either. */
const plain = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The canonical text, or the error's text `illegal base64 data at input byte N`. */
export function normalBase64(text: string): { readonly text: string } | { readonly error: string } {
  if (!plain.test(text)) {
    const compact = text.replaceAll(/[\r\n]/g, '');
    if (!plain.test(compact)) return { error: `illegal base64 data at input byte ${firstIllegalByte(text)}` };
    return normalBase64(compact);
  }
  return { text: text.endsWith('=') ? withoutUnusedBits(text) : text };
}

function withoutUnusedBits(text: string): string {
  const at = text.indexOf('=') - 1;
  const mask = text.endsWith('==') ? 0x30 : 0x3c;
  const digit = alphabet.indexOf(text[at] as string);
  return (digit & mask) === digit ? text : text.slice(0, at) + alphabet[digit & mask] + text.slice(at + 1);
}

/** Where Go's decoder gives up: at the bad character, at a wrong padding, or at the end of the group that is too short. */
function firstIllegalByte(text: string): number {
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '\n' || char === '\r') continue;
    if (alphabet.includes(char)) {
      digits++;
      continue;
    }
    if (char !== '=' || digits % 4 < 2) return i;
    return afterPadding(text, i, digits % 4);
  }
  // A group without padding: Go names the first digit of what is missing.
  return text.length - (digits % 4);
}

function afterPadding(text: string, at: number, digits: number): number {
  let i = at + 1;
  const skip = (): void => {
    while (text[i] === '\n' || text[i] === '\r') i++;
  };
  skip();
  if (digits === 2) {
    if (i === text.length) return text.length;
    if (text[i] !== '=') return i - 1;
    i++;
    skip();
  }
  return i;
}
