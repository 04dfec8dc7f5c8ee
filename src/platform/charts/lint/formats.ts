/** The formats of addresses in Chart.yaml, as strict as Helm's validator is. */

/** An absolute URL with a scheme. */
export function isRequestUrl(text: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && !/[^!-~\u0080-\uffff]|[<>"^`{|}]|%(?![0-9a-fA-F]{2})/.test(text);
}

/** A web address, its scheme may be left out. */
export function isUrl(text: string): boolean {
  if (text.length < 3 || text.length >= 2083 || text.startsWith('.') || /\s/.test(text)) return false;
  const scheme = String.raw`(?:(?:ftp|tcp|udp|wss?|https?):\/\/)?`;
  const user = String.raw`(?:\S+(?::\S*)?@)?`;
  const host = String.raw`(?:localhost|\[[0-9a-fA-F:.]+\]|(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.)*[\p{L}\p{N}][\p{L}\p{N}-]*)`;
  return new RegExp(String.raw`^${scheme}${user}${host}\.?(?::\d{1,5})?(?:[/?#]\S*)?$`, 'u').test(text);
}

/** One address of mail. */
export function isEmail(text: string): boolean {
  const atom = String.raw`[\p{L}\p{N}!#$%&'*+/=?^_\x60{|}~-]+`;
  const label = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}._~-]*[\p{L}\p{N}])?`;
  const top = String.raw`\p{L}(?:[\p{L}\p{N}._~-]*\p{L})?`;
  return new RegExp(String.raw`^(?:${atom}(?:\.${atom})*|"[^"]*")@(?:${label}\.)+${top}\.?$`, 'u').test(text);
}
