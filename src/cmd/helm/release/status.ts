/** `helm status`. */
import type { HelmContext } from '#cmd/helm/context.ts';
import { yamlOf } from '#cmd/helm/output.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import type { StatusFlags } from '#cmd/helm/release/read-commands.ts';
import { releaseText } from '#cmd/helm/release/release-text.ts';
import { encodeRelease } from '#platform/charts/release-json.ts';
import { getRelease } from '#platform/charts/releases/actions/get.ts';

/** Prints a revision without its chart. Rejects if it is not there. */
export async function status(flags: StatusFlags, [name = '']: readonly string[], context: HelmContext): Promise<void> {
  const isTable = flags.output === 'table';
  const { release, resources } = await withReleases(context, async (releases) => {
    if (!flags.showResources)
      return { release: await getRelease(releases, name, flags.revision), resources: undefined };
    const { shownResources } = await import('#cmd/helm/release/resources.ts');
    return shownResources(releases, { name, revision: flags.revision, form: isTable ? 'table' : 'json' });
  });
  if (isTable) {
    const shown = { description: flags.showDesc, ...(resources === undefined ? {} : { resources }) };
    return context.write(releaseText(release, shown));
  }
  const json = encodeRelease(release, { chart: 'left out', resources });
  context.write(flags.output === 'json' ? `${json}\n` : yamlOf(json));
}
