/**
 * Versions as Masterminds/semver reads them (Helm, sprig): a leading `v` and missing minor or patch numbers are allowed.
 *
 *   parseVersion('v1.32')   { major: 1n, minor: 32n, patch: 0n, prerelease: '', metadata: '', original: 'v1.32' }
 */

/** A semantic version. Numbers have up to 64 bits. */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly prerelease: string;
  readonly metadata: string;
  readonly original: string;
}

/** A text that is no version or constraint; the message is Masterminds'. */
export class VersionError extends Error {
  override name = 'VersionError';
}

const pattern =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;
const maxLength = 256;
const maxUint64 = 2n ** 64n - 1n;

/** Reads a version. Throws {@link VersionError}. */
export function parseVersion(text: string): Version {
  if (text.length > maxLength) throw new VersionError(`version string is too long (max ${maxLength} bytes)`);
  const match = pattern.exec(text);
  if (match === null) throw new VersionError('invalid semantic version');
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match;
  for (const part of prerelease.split('.'))
    if (/^0[0-9]+$/.test(part)) throw new VersionError('version segment starts with 0');
  return {
    major: segment(major),
    minor: segment(minor),
    patch: segment(patch),
    prerelease,
    metadata,
    original: text,
  };
}

function segment(digits: string): bigint {
  const value = BigInt(digits);
  if (value <= maxUint64) return value;
  throw new VersionError(
    `error parsing version segment: strconv.ParseUint: parsing ${JSON.stringify(digits)}: value out of range`,
  );
}

/** Whether a text is a version. */
export function isValidVersion(text: string): boolean {
  try {
    parseVersion(text);
    return true;
  } catch {
    return false;
  }
}

/** `1.2.3-pre+meta`, without a leading `v`. */
export function versionText(version: Version): string {
  const { major, minor, patch, prerelease, metadata } = version;
  return `${major}.${minor}.${patch}${prerelease && `-${prerelease}`}${metadata && `+${metadata}`}`;
}

/** Negative, zero or positive; metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  const core = compareNumbers(a.major, b.major) || compareNumbers(a.minor, b.minor) || compareNumbers(a.patch, b.patch);
  if (core !== 0 || a.prerelease === b.prerelease) return core;
  if (a.prerelease === '') return 1;
  return b.prerelease === '' ? -1 : comparePrereleases(a.prerelease, b.prerelease);
}

function compareNumbers(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Part by part: numbers before words, fewer parts before more. */
export function comparePrereleases(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const result = comparePart(left[i] ?? '', right[i] ?? '');
    if (result !== 0) return result;
  }
  return 0;
}

function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return -1;
  if (b === '') return 1;
  const isNumberA = /^[0-9]+$/.test(a);
  const isNumberB = /^[0-9]+$/.test(b);
  if (isNumberA && isNumberB) return BigInt(a) > BigInt(b) ? 1 : -1;
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a > b ? 1 : -1;
}
