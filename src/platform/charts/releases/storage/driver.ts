/**
 * Where releases are recorded: one record per revision under the key `sh.helm.release.v1.<name>.v<revision>`.
 * Drivers: Secrets and ConfigMaps (storage/object-driver.ts), memory (storage/memory-driver.ts).
 */
import type { Release } from '#platform/charts/release.ts';

/** Helm's own labels, which users may not set. */
export const systemLabels = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'] as const;

/** A place for records. Failures are ReleaseError (NotFound, Exists) or the server's StatusError. */
export interface ReleaseDriver {
  readonly name: 'Secret' | 'ConfigMap' | 'Memory';
  /** One revision. Throws NotFound. Its labels are the user's. */
  get(key: string): Promise<Release>;
  /** All records of the namespace; their labels include Helm's own, for selectors. */
  list(): Promise<Release[]>;
  /** Records with these labels. Throws NotFound if there are none. */
  query(labels: Readonly<Record<string, string>>): Promise<Release[]>;
  /** Throws Exists. */
  create(key: string, release: Release): Promise<void>;
  update(key: string, release: Release): Promise<void>;
  /** Throws NotFound. */
  delete(key: string): Promise<void>;
}

/** The key of a revision's record. */
export function releaseKey(name: string, version: number): string {
  return `sh.helm.release.v1.${name}.v${version}`;
}

/** The user's labels among those of a record. */
export function userLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !isSystemLabel(key)));
}

/** Whether a label is one of Helm's own. */
export function isSystemLabel(key: string): boolean {
  return (systemLabels as readonly string[]).includes(key);
}

/** The labels of a record; `stamp` is createdAt or modifiedAt in whole Unix seconds. */
export function recordLabels(release: Release, stamp: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...userLabels(release.labels),
    ...stamp,
    name: release.name,
    owner: 'helm',
    status: release.info.status,
    version: String(release.version),
  };
}
