/** `.Capabilities` in templates. */
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';
import { GoObject, fn } from '#lang/gotemplate/value.ts';
import type { Capabilities, KubeVersion } from '#platform/charts/capabilities.ts';
import { helmVersion } from '#platform/charts/capabilities.ts';
import { StructValue } from '#platform/charts/render/struct-value.ts';

/** The value of `.Capabilities`. */
export function capabilitiesObject(capabilities: Capabilities): GoValue {
  const kube = kubeVersionObject(capabilities.kubeVersion);
  const versions = new VersionSet(capabilities.apiVersions);
  const helm = helmVersionObject();
  return new StructValue({
    goType: '*chartutil.Capabilities',
    kind: 'ptr',
    fields: [
      ['KubeVersion', kube],
      ['APIVersions', versions],
      ['HelmVersion', helm],
    ],
    json: { KubeVersion: kube, APIVersions: versions, HelmVersion: helm },
  });
}

function kubeVersionObject({ version, major, minor }: KubeVersion): StructValue {
  return new StructValue({
    goType: 'chartutil.KubeVersion',
    kind: 'struct',
    fields: [
      ['Version', version],
      ['Major', major],
      ['Minor', minor],
    ],
    json: { Version: version, Major: major, Minor: minor },
    methods: new Map([
      ['GitVersion', fn('', () => version)],
      ['String', fn('', () => version)],
    ]),
    text: version,
  });
}

function helmVersionObject(): StructValue {
  return new StructValue({
    goType: 'version.BuildInfo',
    kind: 'struct',
    fields: [
      ['Version', helmVersion.version],
      ['GitCommit', helmVersion.gitCommit],
      ['GitTreeState', helmVersion.gitTreeState],
      ['GoVersion', helmVersion.goVersion],
    ],
    json: { version: helmVersion.version, go_version: helmVersion.goVersion },
  });
}

/** Go's `chartutil.VersionSet`, a list of strings with `Has`. */
class VersionSet extends GoObject {
  readonly goType = 'chartutil.VersionSet';
  readonly goKind = 'slice';
  readonly #versions: readonly string[];
  readonly #has: GoFunction;

  constructor(versions: readonly string[]) {
    super();
    this.#versions = versions;
    const known = new Set(versions);
    this.#has = fn('string', (version: string) => known.has(version));
  }

  override method(name: string): GoFunction | undefined {
    return name === 'Has' ? this.#has : undefined;
  }

  override entries(): readonly (readonly [string, GoValue])[] {
    return this.#versions.map((version, i) => [String(i), version]);
  }

  override plain(): GoValue {
    return this.#versions;
  }
}
