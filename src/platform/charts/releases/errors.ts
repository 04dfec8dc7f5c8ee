/** What can be wrong with a release; messages are Helm's. */
import { ChartError } from '#platform/charts/chart.ts';
import type { Release } from '#platform/charts/release.ts';

/** Reasons that callers tell apart: `upgrade --install` installs on NotFound, `unlock` is offered on Pending. */
export type ReleaseProblem = 'NotFound' | 'Exists' | 'NoDeployedReleases' | 'Pending' | 'Locked' | 'Failed' | 'Other';

/** A refusal or failure of an operation. `release` is what was recorded of it, if it came so far. */
export class ReleaseError extends ChartError {
  override name = 'ReleaseError';
  readonly problem: ReleaseProblem;
  readonly release: Release | undefined;
  constructor(message: string, problem: ReleaseProblem = 'Other', release?: Release) {
    super(message);
    this.problem = problem;
    this.release = release;
  }
}

/** No such release, or no such revision of it. */
export function releaseNotFound(): ReleaseError {
  return new ReleaseError('release: not found', 'NotFound');
}

/** The record of that revision is there already: another client was faster. */
export function releaseExists(): ReleaseError {
  return new ReleaseError('release: already exists', 'Exists');
}

/** None of the revisions is deployed. */
export function noDeployedReleases(name: string): ReleaseError {
  return new ReleaseError(`${JSON.stringify(name)} has no deployed releases`, 'NoDeployedReleases');
}

/** The last revision is pending, or another client holds the release. */
export function operationInProgress(detail = ''): ReleaseError {
  const suffix = detail === '' ? '' : `: ${detail}`;
  return new ReleaseError(`another operation (install/upgrade/rollback) is in progress${suffix}`, 'Pending');
}

/** Why an operation ends before its time: the Lease that was lost, or the user's wish in Helm's words. */
export function endedBy(signal: AbortSignal): ReleaseError {
  return signal.reason instanceof ReleaseError ? signal.reason : new ReleaseError('context canceled');
}

/** Throws {@link endedBy} if an operation must end. */
export function throwIfEnded(signal: AbortSignal): void {
  if (signal.aborted) throw endedBy(signal);
}

/** Whether an error is a {@link ReleaseError} of that problem. */
export function isReleaseProblem(error: unknown, problem: ReleaseProblem): boolean {
  return error instanceof ReleaseError && error.problem === problem;
}

/** Several failures as Go's multierror prints them. The text ends with an empty line, as Helm's does. */
export function joinedFailures(messages: readonly string[]): string {
  const head = messages.length === 1 ? '1 error occurred:' : `${messages.length} errors occurred:`;
  return `${head}\n${messages.map((message) => `\t* ${message}\n`).join('')}\n`;
}

/** Several failures as Kubernetes' aggregate prints them: one alone, more in brackets, equal ones once. */
export function aggregatedFailures(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

const releaseNamePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const maxReleaseNameLength = 53;

/** What is wrong with a release's name; undefined if it is fine. */
export function releaseNameProblem(name: string): string | undefined {
  if (name === '') return 'no name provided';
  if (name.length <= maxReleaseNameLength && releaseNamePattern.test(name)) return undefined;
  return `invalid release name, must match regex ${releaseNamePattern.source} and the length must not be longer than 53`;
}
