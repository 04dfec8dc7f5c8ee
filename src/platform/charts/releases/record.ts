/** The revision that an operation is writing: the release as it stands, and the way into the records. */
import { errorMessage } from '#base/logger.ts';
import type { Hook, Release, ReleaseStatus } from '#platform/charts/release.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { recordChange, recordNew } from '#platform/charts/releases/storage/history.ts';

/**
 * 1. `release` is replaced as a whole by every change; what was handed out stays as it was.
 * 2. Changes reach the records only by {@link create} and {@link store}.
 */
export class ReleaseRecord {
  readonly #context: ReleaseContext;
  #release: Release;

  constructor(context: ReleaseContext, release: Release) {
    this.#context = context;
    this.#release = release;
  }

  get release(): Release {
    return this.#release;
  }

  setStatus(status: ReleaseStatus, description = this.#release.info.description): void {
    this.#release = { ...this.#release, info: { ...this.#release.info, status, description } };
  }

  /** Changes one hook; of equal ones the first. */
  setHook(hook: Hook, change: Partial<Hook>): void {
    const index = this.#release.hooks.findIndex(
      (other) => other.path === hook.path && other.name === hook.name && other.manifest === hook.manifest,
    );
    const hooks = this.#release.hooks.map((other, at) => (at === index ? { ...other, ...change } : other));
    this.#release = { ...this.#release, hooks };
  }

  setHooks(hooks: readonly Hook[]): void {
    this.#release = { ...this.#release, hooks };
  }

  /** Records the revision for the first time; see recordNew. */
  create(maxHistory: number): Promise<void> {
    return recordNew(this.#context.driver, this.#release, maxHistory);
  }

  /** Writes the revision; a failure is only logged, for the cluster has changed already. */
  async store(): Promise<void> {
    try {
      await recordChange(this.#context.driver, this.#release);
    } catch (error) {
      this.#context.debug(`warning: Failed to update release ${this.#release.name}: ${errorMessage(error)}`);
    }
  }
}
