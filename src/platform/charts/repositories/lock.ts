/** Which versions dependencies were settled on: Chart.lock's digest, and the choice itself. */
import type { Constraint } from '#lang/semver/constraint.ts';
import { matchesConstraint, parseConstraint } from '#lang/semver/constraint.ts';
import { compareVersions, parseVersion } from '#lang/semver/version.ts';
import type { Dependency } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { digestOf } from '#platform/charts/oci/chart-registry.ts';
import { encodeDependency } from '#platform/charts/release-json.ts';

const encoder = new TextEncoder();

/** The digest that ties a lock to the dependencies it was made for: `sha256:…`. */
export function lockDigest(required: readonly Dependency[], locked: readonly Dependency[]): Promise<string> {
  return digestOf(encoder.encode(`[${encodeList(required)},${encodeList(locked)}]`));
}

/** The digest of Helm 2, which old requirements.lock files have. */
export function oldLockDigest(required: readonly Dependency[]): Promise<string> {
  return digestOf(encoder.encode(`{"dependencies":${encodeList(required)}}`));
}

function encodeList(list: readonly Dependency[]): string {
  return `[${list.map(encodeDependency).join(',')}]`;
}

/** An entry of a lock. */
export function lockedDependency(name: string, repository: string, version: string): Dependency {
  return { name, version, repository, condition: '', tags: [], enabled: false, importValues: [], alias: '' };
}

/** A dependency's range. Throws {@link ChartError}. */
export function dependencyRange({ name, version }: Dependency): Constraint {
  try {
    return parseConstraint(version);
  } catch (error) {
    throw new ChartError(
      `dependency ${JSON.stringify(name)} has an invalid version/constraint format: ${(error as Error).message}`,
    );
  }
}

/** The first version in a range; texts that are no versions are passed over. */
export function firstInRange(versions: readonly string[], range: Constraint): string | undefined {
  return versions.find((version) => {
    try {
      return matchesConstraint(range, parseVersion(version));
    } catch {
      return false;
    }
  });
}

/** Whether two texts are the same version, whatever their build metadata. */
export function sameVersion(a: string, b: string): boolean {
  try {
    return compareVersions(parseVersion(a), parseVersion(b)) === 0;
  } catch {
    return a === b;
  }
}
