/** What the operations that change releases have in common. */
import type { PostRenderer } from '#platform/charts/releases/manifest-text.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import { isSystemLabel, systemLabels } from '#platform/charts/releases/storage/driver.ts';

/** How far a dry run goes: `client` never lets templates look at the cluster, `server` does. */
export type DryRun = 'none' | 'client' | 'server';

/** How the cluster is changed. */
export interface ChangeOptions {
  /** For each hook and for --wait; Helm's default is five minutes. */
  readonly timeoutMs: number;
  readonly wait?: boolean;
  /** Jobs must have completed, too; counts with `wait`. */
  readonly waitForJobs?: boolean;
  /** A failure is undone: uninstalled or rolled back. Waits. */
  readonly atomic?: boolean;
  readonly disableHooks?: boolean;
  /** PUT instead of patches. */
  readonly force?: boolean;
  /** Server-side apply takes fields over from other managers. */
  readonly forceConflicts?: boolean;
  /** Objects of others become this release's. */
  readonly takeOwnership?: boolean;
  readonly dryRun?: DryRun;
  /** Dry runs only. */
  readonly hideSecret?: boolean;
  readonly description?: string;
  /** Ends the operation, which is then recorded as failed. */
  readonly signal?: AbortSignal;
}

/** How the chart is rendered. */
export interface RenderChoices {
  /** NOTES.txt of subcharts, too. */
  readonly subNotes?: boolean;
  readonly skipSchemaValidation?: boolean;
  readonly postRenderer?: PostRenderer;
  /** --enable-dns: an address of a host, '' if there is none; answers getHostByName. */
  readonly hostByName?: (name: string) => Promise<string>;
}

/** Server-side apply of an existing release: `auto` keeps the way of the revision before. */
export type ServerSide = boolean | 'auto';

/** Whether a release that was applied by `method` so far is applied on the server. */
export function isServerSide(wanted: ServerSide, method: string): boolean {
  return wanted === 'auto' ? method === 'ssa' : wanted;
}

/** What is recorded as apply_method: Helm 3 writes none; Helm 4's `csa` stays. */
export function applyMethodOf(serverSide: boolean, before = ''): string {
  if (serverSide) return 'ssa';
  return before === '' ? '' : 'csa';
}

/** Throws if a label is one of Helm's own. */
export function checkLabels(labels: Readonly<Record<string, string>> = {}): void {
  if (Object.keys(labels).some(isSystemLabel))
    throw new ReleaseError(
      `user supplied labels contains system reserved label name. System labels: [${systemLabels.join(' ')}]`,
    );
}
