/** semver and semverCompare. */
import { matchesConstraint, parseConstraint } from '#lang/semver/constraint.ts';
import { compareVersions, parseVersion, versionText } from '#lang/semver/version.ts';
import type { Version } from '#lang/semver/version.ts';
import { CallError, GoInt, GoObject, fn, int } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';

/** *semver.Version */
class GoVersion extends GoObject {
  readonly goType = '*semver.Version';
  readonly goKind = 'ptr';
  readonly version: Version;
  readonly original: string;

  constructor(original: string) {
    super();
    this.original = original;
    this.version = attempt(() => parseVersion(original));
  }

  override text(): string {
    return versionText(this.version);
  }

  override fields(): readonly (readonly [string, GoValue])[] {
    const { major, minor, patch, prerelease, metadata } = this.version;
    const uint64 = (value: bigint): GoValue => new GoInt('uint64', value);
    return [
      ['major', uint64(major)],
      ['minor', uint64(minor)],
      ['patch', uint64(patch)],
      ['pre', prerelease],
      ['metadata', metadata],
      ['original', this.original],
    ];
  }

  override plain(): GoValue {
    return this.text();
  }

  override method(name: string): GoFunction | undefined {
    return methods(this)[name];
  }
}

function attempt<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new CallError(error instanceof Error ? error.message : String(error));
  }
}

function methods(self: GoVersion): Readonly<Record<string, GoFunction>> {
  const { version } = self;
  const uint64 = (value: bigint): GoFunction => fn('', () => new GoInt('uint64', value));
  const compared = (test: (order: number) => GoValue): GoFunction =>
    fn('*semver.Version', (other: GoVersion) => test(compareVersions(version, other.version)));
  return {
    Major: uint64(version.major),
    Minor: uint64(version.minor),
    Patch: uint64(version.patch),
    Prerelease: fn('', () => version.prerelease),
    Metadata: fn('', () => version.metadata),
    Original: fn('', () => self.original),
    String: fn('', () => self.text()),
    Compare: compared((order) => (order < 0 ? int(-1) : int(Math.sign(order)))),
    Equal: compared((order) => order === 0),
    LessThan: compared((order) => order < 0),
    LessThanEqual: compared((order) => order <= 0),
    GreaterThan: compared((order) => order > 0),
    GreaterThanEqual: compared((order) => order >= 0),
    SetPrerelease: fn('string', (text: string) => changed({ ...version, prerelease: text })),
    SetMetadata: fn('string', (text: string) => changed({ ...version, metadata: text })),
    IncMajor: fn('', () => new GoVersion(`${version.major + 1n}.0.0`)),
    IncMinor: fn('', () => new GoVersion(`${version.major}.${version.minor + 1n}.0`)),
    IncPatch: fn(
      '',
      () =>
        new GoVersion(
          `${version.major}.${version.minor}.${version.prerelease === '' ? version.patch + 1n : version.patch}`,
        ),
    ),
  };
}

function changed({ major, minor, patch, prerelease, metadata }: Version): GoValue {
  const core = `${major}.${minor}.${patch}`;
  return new GoVersion(core + (prerelease === '' ? '' : `-${prerelease}`) + (metadata === '' ? '' : `+${metadata}`));
}

export const versionFunctions: [string, GoFunction][] = [
  ['semver', fn('string', (text: string) => new GoVersion(text))],
  [
    'semverCompare',
    fn('string,string', (constraint: string, version: string) =>
      attempt(() => matchesConstraint(parseConstraint(constraint), parseVersion(version))),
    ),
  ],
];
