/** Base64 of bytes of any length: by the language's own methods where they are there, else by the two functions that every world has. */
const chunkBytes = 24_576;

/** The methods of newer engines. */
interface NativeBase64 {
  readonly fromBase64?: (text: string) => Uint8Array;
  readonly prototype: { readonly toBase64?: () => string };
}
const native = Uint8Array as unknown as NativeBase64;

/** Bytes to padded standard base64. */
export function toBase64(bytes: Uint8Array): string {
  if (native.prototype.toBase64 !== undefined) return native.prototype.toBase64.call(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; at += chunkBytes)
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + chunkBytes)));
  return text;
}

/** Standard base64 to bytes. Throws on other characters. */
export function fromBase64(text: string): Uint8Array {
  if (native.fromBase64 !== undefined) return native.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
