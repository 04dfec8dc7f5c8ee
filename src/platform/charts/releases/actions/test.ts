/** `helm test`: runs the test hooks of a release. */
import type { Hook, Release } from '#platform/charts/release.ts';
import { clientSide } from '#platform/charts/releases/cluster/create.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError, releaseNameProblem } from '#platform/charts/releases/errors.ts';
import { hooksOf, runHooks } from '#platform/charts/releases/hooks/run-hooks.ts';
import { testLogs } from '#platform/charts/releases/hooks/hook-logs.ts';
import { ReleaseRecord } from '#platform/charts/releases/record.ts';
import { lastRelease, recordChange } from '#platform/charts/releases/storage/history.ts';

/** Which tests run. */
export interface TestOptions {
  readonly name: string;
  readonly timeoutMs: number;
  /** Only hooks of these names; empty means all. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly signal?: AbortSignal;
}

/** The release with its tests' last runs, and why they failed, if they did. */
export interface TestResult {
  readonly release: Release;
  readonly failure: ReleaseError | undefined;
}

/** Runs the tests of the newest revision and records their runs. Throws if there is no such release, or if it cannot be recorded. */
export async function testRelease(context: ReleaseContext, options: TestOptions): Promise<TestResult> {
  await context.resources.reach();
  const { name, timeoutMs, signal } = options;
  if (releaseNameProblem(name) !== undefined) throw new ReleaseError(`releaseTest: Release name is invalid: ${name}`);
  const release = await lastRelease(context.driver, name);
  const record = new ReleaseRecord(context, release);
  const skipped = release.hooks.filter((hook) => !isChosen(hook, options));
  record.setHooks(release.hooks.filter((hook) => isChosen(hook, options)));
  let failure: ReleaseError | undefined;
  try {
    await runHooks(context, record, 'test', { timeoutMs, signal, mode: clientSide });
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    failure = error;
  }
  record.setHooks([...skipped, ...record.release.hooks]);
  await recordChange(context.driver, record.release);
  return { release: record.release, failure };
}

/** What the tests' pods printed, for --logs. Throws for a pod that has no logs. */
export function logsOfTests(context: ReleaseContext, release: Release, options: TestOptions): Promise<string> {
  return testLogs(
    context,
    hooksOf(release, 'test').filter((hook) => isChosen(hook, options)),
  );
}

function isChosen({ name }: Hook, { include = [], exclude = [] }: TestOptions): boolean {
  return !exclude.includes(name) && (include.length === 0 || include.includes(name));
}
