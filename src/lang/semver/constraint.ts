/**
 * Version ranges as Masterminds/semver reads them: `>=1.19-0 <2 || ~3.1`, `1.x`, `^0.2`, `1.2 - 3`. A prerelease only matches
 * a group of terms in which one names a prerelease itself.
 *
 *   matchesConstraint(parseConstraint('>=1.19-0'), parseVersion('1.32.4-gke.1')) === true
 */
import type { Version } from '#lang/semver/version.ts';
import { VersionError, comparePrereleases, compareVersions, parseVersion } from '#lang/semver/version.ts';

/** Alternatives of terms that all must hold. */
export interface Constraint {
  readonly groups: readonly Group[];
}

interface Group {
  readonly terms: readonly Term[];
  readonly hasPrerelease: boolean;
}

interface Term {
  readonly operator: string;
  readonly version: Version;
  /** Something is missing or a wildcard. */
  readonly isDirty: boolean;
  readonly isMinorDirty: boolean;
  readonly isPatchDirty: boolean;
}

const version = String.raw`v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?`;
const operators = String.raw`=||!=|>|<|>=|=>|<=|=<|~|~>|\^`;
const termPattern = new RegExp(String.raw`^\s*(${operators})\s*(${version})\s*$`);
const findPattern = new RegExp(String.raw`(${operators})\s*(${version})`, 'g');
const rangePattern = new RegExp(String.raw`\s*(${version})\s+-\s+(${version})\s*`, 'g');
const validPattern = new RegExp(
  String.raw`^(\s*(${operators})\s*(${version})\s*)((?:\s+|,\s*)(${operators})\s*(${version})\s*)*$`,
);
const maxLength = 512;
const maxGroups = 32;

/** Reads a range. Throws VersionError with Masterminds' message. */
export function parseConstraint(text: string): Constraint {
  if (text.length > maxLength) throw new VersionError(`constraint string is too long (max ${maxLength} bytes)`);
  const rewritten = text.replace(rangePattern, (...match: string[]) => `>= ${match[1]}, <= ${match[11]} `);
  const groups = rewritten.split('||');
  if (groups.length > maxGroups) throw new VersionError(`too many constraint groups (max ${maxGroups})`);
  return { groups: groups.map(parseGroup) };
}

function parseGroup(text: string): Group {
  if (!validPattern.test(text)) throw new VersionError(`improper constraint: ${JSON.stringify(text)}`);
  const terms = (text.match(findPattern) ?? [text]).map(parseTerm);
  return { terms, hasPrerelease: terms.some((term) => term.version.prerelease !== '') };
}

function parseTerm(text: string): Term {
  const match = termPattern.exec(text);
  if (match === null) throw new VersionError(`improper constraint: ${JSON.stringify(text)}`);
  const [, operator = '', whole = '', major = '', minor = '', patch = '', prerelease = ''] = match;
  const isAny = isWildcard(major);
  const isMinorDirty = !isAny && isWildcard(minor);
  const isPatchDirty = !isAny && !isMinorDirty && isWildcard(patch);
  let source = whole;
  if (isAny) source = `0.0.0${prerelease}`;
  else if (isMinorDirty) source = `${major}.0.0${prerelease}`;
  else if (isPatchDirty) source = `${major}${minor}.0${prerelease}`;
  return {
    operator,
    version: constraintVersion(source),
    isDirty: isAny || isMinorDirty || isPatchDirty,
    isMinorDirty,
    isPatchDirty,
  };
}

function isWildcard(part: string): boolean {
  return /^\.?[xX*]?$/.test(part);
}

function constraintVersion(source: string): Version {
  try {
    return parseVersion(source);
  } catch {
    throw new VersionError('constraint parser error');
  }
}

/** Whether a version lies in a range. */
export function matchesConstraint(constraint: Constraint, candidate: Version): boolean {
  return constraint.groups.some(({ terms, hasPrerelease }) => {
    if (candidate.prerelease !== '' && !hasPrerelease) return false;
    return terms.every((term) => matchesTerm(term, candidate));
  });
}

/** Whether a version text lies in a range text; false if either cannot be read. */
export function isCompatibleRange(range: string, text: string): boolean {
  try {
    return matchesConstraint(parseConstraint(range), parseVersion(text));
  } catch {
    return false;
  }
}

function matchesTerm(term: Term, candidate: Version): boolean {
  switch (term.operator) {
    case '!=':
      return isDifferent(term, candidate);
    case '>':
      return isGreater(term, candidate);
    case '<':
      return compareVersions(candidate, term.version) < 0;
    case '>=':
    case '=>':
      return compareVersions(candidate, term.version) >= 0;
    case '<=':
    case '=<':
      return isAtMost(term, candidate);
    case '~':
    case '~>':
      return matchesTilde(term, candidate);
    case '^':
      return matchesCaret(term, candidate);
    default:
      return term.isDirty ? matchesTilde(term, candidate) : compareVersions(candidate, term.version) === 0;
  }
}

function isDifferent(term: Term, candidate: Version): boolean {
  const { version: own } = term;
  if (!term.isDirty) return compareVersions(candidate, own) !== 0;
  if (own.major !== candidate.major) return true;
  if (term.isMinorDirty) return false;
  if (own.minor !== candidate.minor) return true;
  if (term.isPatchDirty) {
    if (candidate.prerelease === '' && own.prerelease === '') return false;
    return comparePrereleases(candidate.prerelease, own.prerelease) !== 0;
  }
  return own.patch !== candidate.patch || compareVersions(candidate, own) !== 0;
}

function isGreater(term: Term, candidate: Version): boolean {
  const { version: own } = term;
  if (!term.isDirty) return compareVersions(candidate, own) > 0;
  if (candidate.major !== own.major) return candidate.major > own.major;
  if (term.isMinorDirty) return false;
  return term.isPatchDirty ? candidate.minor > own.minor : compareVersions(candidate, own) > 0;
}

function isAtMost(term: Term, candidate: Version): boolean {
  const { version: own } = term;
  if (!term.isDirty) return compareVersions(candidate, own) <= 0;
  if (candidate.major !== own.major) return candidate.major < own.major;
  return candidate.minor <= own.minor || term.isMinorDirty;
}

function matchesTilde(term: Term, candidate: Version): boolean {
  const { version: own } = term;
  if (compareVersions(candidate, own) < 0) return false;
  const isZero = own.major === 0n && own.minor === 0n && own.patch === 0n;
  if (isZero && !term.isMinorDirty && !term.isPatchDirty) return true;
  return candidate.major === own.major && (candidate.minor === own.minor || term.isMinorDirty);
}

function matchesCaret(term: Term, candidate: Version): boolean {
  const { version: own } = term;
  if (compareVersions(candidate, own) < 0 || candidate.major !== own.major) return false;
  if (own.major > 0n || term.isMinorDirty) return true;
  if (own.minor !== candidate.minor) return false;
  return own.minor > 0n || term.isPatchDirty || own.patch === candidate.patch;
}
