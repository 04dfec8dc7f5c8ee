/** `helm unlock`, ours: frees a release whose client is gone. */
import type { HelmContext } from '#cmd/helm/context.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import { unlockRelease } from '#platform/charts/releases/lock/with-lease.ts';

/** Says what was freed. Rejects if there is no such release. */
export async function unlock(_flags: unknown, [name = '']: readonly string[], context: HelmContext): Promise<void> {
  const { holder, revision } = await withReleases(context, (releases) => unlockRelease(releases, name));
  const quoted = JSON.stringify(name);
  if (holder !== undefined) context.write(`release ${quoted} was held by ${holder}\n`);
  if (revision !== undefined) context.write(`revision ${revision} of release ${quoted} is marked as failed\n`);
  context.write(`release ${quoted} is free\n`);
}
