/** `helm uninstall`. */
import type { HelmContext } from '#cmd/helm/context.ts';
import type { UninstallFlags } from '#cmd/helm/release/commands.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import { uninstallRelease } from '#platform/charts/releases/actions/uninstall.ts';

const cascades = ['background', 'foreground', 'orphan'] as const;

/** Uninstalls one release after the other; ends at the first that fails. Rejects with the reason. */
export async function uninstall(flags: UninstallFlags, names: readonly string[], context: HelmContext): Promise<void> {
  const cascade = cascades.find((word) => word === flags.cascade);
  if (cascade === undefined)
    throw new Error(`invalid cascade value (${flags.cascade}). Must be "background", "foreground", or "orphan"`);
  await withReleases(context, async (releases) => {
    for (const name of names) {
      const done = await uninstallRelease(releases, {
        name,
        timeoutMs: flags.timeout,
        wait: flags.wait,
        keepHistory: flags.keepHistory,
        ignoreNotFound: flags.ignoreNotFound,
        disableHooks: flags.noHooks,
        dryRun: flags.dryRun,
        cascade,
        description: flags.description,
        signal: releases.signal,
      });
      if ((done?.info ?? '') !== '') context.write(`${done?.info}\n`);
      context.write(`release "${name}" uninstalled\n`);
    }
  });
}
