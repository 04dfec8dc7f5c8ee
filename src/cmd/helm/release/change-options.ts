/** From the flags of install and upgrade to the options of the engine. */
import { hostByName } from '#cmd/helm/host-by-name.ts';
import type { ValueFlags } from '#cmd/helm/chart/charts.ts';
import { runPostRenderer } from '#cmd/helm/chart/post-renderer.ts';
import { checkDryRun } from '#cmd/helm/chart/template.ts';
import type { ChartPathFlags } from '#cmd/helm/repository/locate.ts';
import type { ChangeOptions, DryRun, RenderChoices } from '#platform/charts/releases/actions/options.ts';

/** Flags that say how a cluster is changed. */
export interface ChangeFlags extends ValueFlags, ChartPathFlags {
  readonly devel: boolean;
  readonly timeout: number;
  readonly wait: boolean;
  readonly waitForJobs: boolean;
  readonly atomic: boolean;
  readonly rollbackOnFailure: boolean;
  readonly noHooks: boolean;
  readonly force: boolean;
  readonly forceReplace: boolean;
  readonly forceConflicts: boolean;
  readonly takeOwnership: boolean;
  readonly dryRun: string;
  readonly hideSecret: boolean;
  readonly description: string;
  readonly renderSubchartNotes: boolean;
  readonly skipSchemaValidation: boolean;
  readonly postRenderer: string;
  readonly postRendererArgs: readonly string[];
  readonly enableDns: boolean;
}

/** How the cluster is changed. Throws for a --dry-run that is none. */
export function changeOptions(flags: ChangeFlags): ChangeOptions {
  checkDryRun(flags.dryRun);
  const atomic = flags.atomic || flags.rollbackOnFailure;
  return {
    timeoutMs: flags.timeout,
    wait: flags.wait || atomic,
    waitForJobs: flags.waitForJobs,
    atomic,
    disableHooks: flags.noHooks,
    force: flags.force || flags.forceReplace,
    forceConflicts: flags.forceConflicts,
    takeOwnership: flags.takeOwnership,
    dryRun: dryRunOf(flags.dryRun),
    hideSecret: flags.hideSecret,
    description: flags.description,
  };
}

/** How the chart is rendered. */
export function renderChoices(flags: ChangeFlags): RenderChoices {
  const { postRenderer, postRendererArgs } = flags;
  return {
    subNotes: flags.renderSubchartNotes,
    skipSchemaValidation: flags.skipSchemaValidation,
    ...(postRenderer === ''
      ? {}
      : { postRenderer: (manifest: string) => runPostRenderer(postRenderer, postRendererArgs, manifest) }),
    ...(flags.enableDns ? { hostByName } : {}),
  };
}

function dryRunOf(given: string): DryRun {
  if (given === 'server') return 'server';
  return given === 'client' || given === 'true' ? 'client' : 'none';
}
