/** `helm upgrade`, `helm upgrade --install`. */
import { readUserValues } from '#cmd/helm/chart/charts.ts';
import { chartPath, loadUpgradable } from '#cmd/helm/chart/located.ts';
import { checkDryRun } from '#cmd/helm/chart/template.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { changeOptions, renderChoices } from '#cmd/helm/release/change-options.ts';
import type { UpgradeCommandFlags } from '#cmd/helm/release/commands.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import { printChanged, runInstall } from '#cmd/helm/release/install.ts';
import { historyOfRelease } from '#platform/charts/releases/actions/get.ts';
import type { UpgradeOptions } from '#platform/charts/releases/actions/upgrade.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import { isReleaseProblem } from '#platform/charts/releases/errors.ts';
import type { Release } from '#platform/charts/release.ts';

/** Prints the new revision. Rejects with the reason, behind `UPGRADE FAILED: ` once the chart is loaded. */
export async function upgrade(
  flags: UpgradeCommandFlags,
  [name = '', reference = '']: readonly string[],
  context: HelmContext,
): Promise<void> {
  if (flags.install) {
    const existing = await stateOf(name, context);
    if (existing !== 'there') {
      if (flags.output === 'table')
        context.write(`Release ${JSON.stringify(name)} does not exist. Installing it now.\n`);
      const installFlags = { ...flags, replace: existing === 'uninstalled' };
      return printChanged(await runInstall({ name, reference }, installFlags, context), flags, context);
    }
  }
  const release = await runUpgrade(name, { flags, reference, context });
  if (flags.output === 'table') context.write(`Release ${JSON.stringify(name)} has been upgraded. Happy Helming!\n`);
  printChanged(release, flags, context);
}

/** Whether there is something to upgrade. */
async function stateOf(name: string, context: HelmContext): Promise<'there' | 'uninstalled' | 'missing'> {
  return withReleases(context, async (releases) => {
    try {
      const last = (await historyOfRelease(releases, name)).at(-1);
      return last?.info.status === 'uninstalled' ? 'uninstalled' : 'there';
    } catch (error) {
      if (isReleaseProblem(error, 'NotFound')) return 'missing';
      throw error;
    }
  });
}

/** What an upgrade is made of. */
export interface Upgrading {
  readonly flags: UpgradeCommandFlags;
  readonly reference: string;
  readonly context: HelmContext;
}

/** Reads the chart and the values, and settles what the flags say. Rejects with the reason. */
export async function upgradeOptions(name: string, { flags, reference, context }: Upgrading): Promise<UpgradeOptions> {
  const path = await chartPath(reference, flags, context);
  checkDryRun(flags.dryRun);
  const values = await readUserValues(flags);
  const chart = await loadUpgradable(path, flags, context);
  return {
    ...changeOptions(flags),
    ...renderChoices(flags),
    name,
    chart,
    values,
    valuePolicy: policyOf(flags),
    maxHistory: flags.historyMax,
    cleanupOnFail: flags.cleanupOnFail,
    recreatePods: flags.recreatePods,
    labels: Object.fromEntries(flags.labels),
    serverSide: flags.serverSide === 'auto' ? 'auto' : flags.serverSide === 'true',
  };
}

async function runUpgrade(name: string, upgrading: Upgrading): Promise<Release> {
  const { context } = upgrading;
  const options = await upgradeOptions(name, upgrading);
  try {
    return await withReleases(
      context,
      (releases) => upgradeRelease(releases, { ...options, signal: releases.signal }),
      { chart: options.chart, onSignal: () => context.write(`Release ${name} has been cancelled.\n`) },
    );
  } catch (error) {
    throw new Error(`UPGRADE FAILED: ${(error as Error).message}`, { cause: error });
  }
}

function policyOf(flags: UpgradeCommandFlags): 'auto' | 'reset' | 'reuse' | 'reset-then-reuse' {
  if (flags.resetValues) return 'reset';
  if (flags.reuseValues) return 'reuse';
  return flags.resetThenReuseValues ? 'reset-then-reuse' : 'auto';
}
