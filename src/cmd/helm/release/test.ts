/** `helm test`: the file is named as the verb. */
import type { HelmContext } from '#cmd/helm/context.ts';
import type { TestFlags } from '#cmd/helm/release/commands.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import { releaseOutput } from '#cmd/helm/release/release-text.ts';
import { logsOfTests, testRelease } from '#platform/charts/releases/actions/test.ts';

/** Runs the tests, prints the release and the logs, then rejects if a test failed. */
export async function runTests(flags: TestFlags, [name = '']: readonly string[], context: HelmContext): Promise<void> {
  const options = {
    name,
    timeoutMs: flags.timeout,
    include: flags.filter.filter((each) => each.startsWith('name=')).map((each) => each.slice('name='.length)),
    exclude: flags.filter.filter((each) => /^!\s?name=/.test(each)).map((each) => each.replace(/^!\s?name=/, '')),
  };
  await withReleases(context, async (releases) => {
    const { release, failure } = await testRelease(releases, { ...options, signal: releases.signal });
    const everything = context.settings.debug ? 'read' : undefined;
    context.write(releaseOutput(release, 'table', { everything, hideNotes: flags.hideNotes }));
    if (flags.logs) context.write(`\n${await logsOfTests(releases, release, options)}`);
    if (failure !== undefined) throw failure;
  });
}
