/** `helm install`. */
import { readUserValues } from '#cmd/helm/chart/charts.ts';
import { chartPath, loadInstallable } from '#cmd/helm/chart/located.ts';
import { releaseNameAndChart } from '#cmd/helm/chart/release-name.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { changeOptions, renderChoices } from '#cmd/helm/release/change-options.ts';
import type { ChangeFlags } from '#cmd/helm/release/change-options.ts';
import type { InstallCommandFlags } from '#cmd/helm/release/commands.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import { releaseOutput } from '#cmd/helm/release/release-text.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import type { Release } from '#platform/charts/release.ts';

/** Prints the new release. Rejects with the reason behind `INSTALLATION FAILED: `. */
export async function install(
  flags: InstallCommandFlags,
  args: readonly string[],
  context: HelmContext,
): Promise<void> {
  let release: Release;
  try {
    const { name, reference } = releaseNameAndChart(args, flags, { fallback: '' });
    release = await runInstall({ name, reference }, flags, context);
  } catch (error) {
    throw new Error(`INSTALLATION FAILED: ${(error as Error).message}`, { cause: error });
  }
  printChanged(release, flags, context);
}

/** Flags that install and `upgrade --install` have in common. */
export interface InstallFlags extends ChangeFlags {
  readonly createNamespace: boolean;
  readonly replace: boolean;
  readonly skipCrds: boolean;
  readonly labels: ReadonlyMap<string, string>;
  readonly dependencyUpdate: boolean;
  readonly serverSide: 'true' | 'false' | 'auto';
}

/** Installs a chart as a release. Rejects with the reason. */
export async function runInstall(
  { name, reference }: { readonly name: string; readonly reference: string },
  flags: InstallFlags,
  context: HelmContext,
): Promise<Release> {
  const path = await chartPath(reference, flags, context);
  const values = await readUserValues(flags);
  const chart = await loadInstallable(path, flags, context);
  const change = changeOptions(flags);
  return withReleases(
    context,
    (releases) =>
      installRelease(releases, {
        ...change,
        ...renderChoices(flags),
        name,
        chart,
        values,
        createNamespace: flags.createNamespace,
        replace: flags.replace,
        skipCrds: flags.skipCrds,
        labels: Object.fromEntries(flags.labels),
        serverSide: flags.serverSide === 'true',
        signal: releases.signal,
      }),
    { chart, onSignal: () => context.write(`Release ${name} has been cancelled.\n`) },
  );
}

/** A changed release in the form that was asked for. */
export function printChanged(
  release: Release,
  flags: { readonly output: 'table' | 'json' | 'yaml'; readonly hideNotes: boolean },
  context: HelmContext,
): void {
  const everything = context.settings.debug ? 'made' : undefined;
  context.write(releaseOutput(release, flags.output, { everything, hideNotes: flags.hideNotes }));
}
