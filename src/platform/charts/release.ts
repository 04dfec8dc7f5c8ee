/** A release as Helm records it, as far as rendering makes it. */
import type { Chart } from '#platform/charts/chart.ts';
import type { Table } from '#platform/charts/values/table.ts';

/** When a hook runs. */
export type HookEvent =
  | 'pre-install'
  | 'post-install'
  | 'pre-delete'
  | 'post-delete'
  | 'pre-upgrade'
  | 'post-upgrade'
  | 'pre-rollback'
  | 'post-rollback'
  | 'test';

/** The last run of a hook; phase is Unknown, Running, Succeeded or Failed, times are Go's RFC 3339 texts or empty. */
export interface HookRun {
  readonly startedAt: string;
  readonly completedAt: string;
  readonly phase: string;
}

/** A manifest that runs at events instead of being part of the release. */
export interface Hook {
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  readonly manifest: string;
  readonly events: readonly HookEvent[];
  readonly lastRun: HookRun;
  readonly weight: number;
  readonly deletePolicies: readonly string[];
  readonly outputLogPolicies: readonly string[];
}

/** Helm's states of a release. */
export type ReleaseStatus =
  | 'unknown'
  | 'deployed'
  | 'uninstalled'
  | 'superseded'
  | 'failed'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback';

/** Times are RFC 3339 texts as Go writes them, empty for never. */
export interface ReleaseInfo {
  readonly firstDeployed: string;
  readonly lastDeployed: string;
  readonly deleted: string;
  readonly description: string;
  readonly status: ReleaseStatus;
  readonly notes: string;
}

/** One revision of a release. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
  readonly info: ReleaseInfo;
  readonly chart: Chart;
  readonly config: Table;
  readonly manifest: string;
  readonly hooks: readonly Hook[];
  readonly labels: Readonly<Record<string, string>>;
  /** `ssa` for releases that Helm 4 applies on the server; empty means client-side. */
  readonly applyMethod: string;
}
