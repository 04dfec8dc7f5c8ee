/** Base64 of bytes of any length, by the two functions that every world has. */
const chunkBytes = 24_576;

/** Bytes to padded standard base64. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += chunkBytes)
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + chunkBytes)));
  return text;
}

/** Standard base64 to bytes. Throws on other characters. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
