/** Bytes of ConfigMaps and Secrets, which stand in JSON as base64. */

/** What all values of one ConfigMap or Secret may hold. */
export const maxSecretBytes = 1024 * 1024;

/** Bytes behind canonical base64, without decoding. */
export function base64Length(text: string | null): number {
  if (text === null) return 0;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/** Base64 of a text's UTF-8. */
export function encodeText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

/** The text whose UTF-8 is encoded. */
export function decodeText(base64: string): string {
  const binary = atob(base64);
  return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}
