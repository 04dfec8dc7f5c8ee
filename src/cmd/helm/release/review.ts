/** `helm diff`, `helm drift`, `helm crds diff|upgrade`. */
import { readUserValues } from '#cmd/helm/chart/charts.ts';
import { chartPath, loadUpgradable } from '#cmd/helm/chart/located.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { HelmExit } from '#cmd/helm/exit.ts';
import type { CrdFlags, PlanFlags } from '#cmd/helm/release/review-commands.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import { upgradeOptions } from '#cmd/helm/release/upgrade.ts';
import type { CrdReview } from '#platform/charts/releases/review/crds.ts';
import { reviewCrds, upgradeCrds } from '#platform/charts/releases/review/crds.ts';
import { detectDrift, planUpgrade } from '#platform/charts/releases/review/plan.ts';
import { driftText, planText } from '#platform/charts/releases/review/plan-text.ts';

type Args = readonly string[];

/** Prints what an upgrade would do. Ends with 2 if it would do something and that was asked for. */
export async function diff(flags: PlanFlags, [name = '', reference = '']: Args, context: HelmContext): Promise<void> {
  const options = await upgradeOptions(name, { flags, reference, context });
  const plan = await withReleases(context, (releases) =>
    planUpgrade(releases, { ...options, signal: releases.signal }),
  );
  context.write(planText(plan));
  const isQuiet = plan.objects.every(({ action }) => action === 'unchanged' || action === 'keep');
  if (flags.detailedExitcode && !isQuiet) throw new HelmExit(2);
}

/** Prints what others changed or deleted. Ends with 2 if there is something and that was asked for. */
export async function drift(
  flags: { readonly detailedExitcode: boolean },
  [name = '']: Args,
  context: HelmContext,
): Promise<void> {
  const found = await withReleases(context, (releases) => detectDrift(releases, name));
  context.write(driftText(found));
  if (flags.detailedExitcode && found.objects.length > 0) throw new HelmExit(2);
}

/** Prints what would become of a chart's CRDs. */
export async function diffCrds(flags: CrdFlags, [reference = '']: Args, context: HelmContext): Promise<void> {
  const { chart, values } = await chartOf(reference, flags, context);
  context.write(reviewText(await withReleases(context, (releases) => reviewCrds(releases, chart, values))));
}

/** Creates and changes a chart's CRDs. Rejects with the dangers unless --insist is set. */
export async function changeCrds(flags: CrdFlags, [reference = '']: Args, context: HelmContext): Promise<void> {
  const { chart, values } = await chartOf(reference, flags, context);
  const { insist, timeout } = flags;
  const done = await withReleases(context, (releases) =>
    upgradeCrds(releases, { chart, values, insist, timeoutMs: timeout, signal: releases.signal }),
  );
  context.write(reviewText(done));
}

async function chartOf(reference: string, flags: CrdFlags, context: HelmContext) {
  const path = await chartPath(reference, flags, context);
  const chart = await loadUpgradable(path, { ...flags, dependencyUpdate: false }, context);
  return { chart, values: await readUserValues(flags) };
}

function reviewText(reviews: readonly CrdReview[]): string {
  if (reviews.length === 0) return 'the chart has no CRDs\n';
  return reviews
    .map(({ action, name, source, diff: text, dangers }) => {
      const warnings = dangers.map((danger) => `  danger: ${danger}\n`).join('');
      return `${action} ${name} (${source})\n${warnings}${text}`;
    })
    .join('');
}
