/** Warning headers, as RFC 7234 and upstream write them: `299 - "unknown field \"bogus\""`. */

const maxTextLength = 2048;

/** Undefined if there is nothing to warn of. */
export function warningHeader(warnings: readonly string[]): readonly string[] | undefined {
  if (warnings.length === 0) return undefined;
  return warnings.map((text) => `299 - ${quote(text)}`);
}

function quote(text: string): string {
  const clean = text.slice(0, maxTextLength).replaceAll(/\p{Cc}/gu, ' ');
  return `"${clean.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
