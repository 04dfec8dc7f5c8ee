/** One probe of one running container, again and again; it exists only while it is needed. */
import type { Probe } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { ProbeResult } from '#kubelet/pods/plan.ts';
import { type ProbeOutcome, type ProbePorts, type ProbeTarget, runProbe } from '#kubelet/probes/run-probe.ts';

export type ProbeType = 'liveness' | 'readiness' | 'startup';

export interface ProbeJob {
  readonly type: ProbeType;
  readonly probe: DeepReadonly<Probe>;
  readonly startedAtMs: number;
  target(): ProbeTarget;
  /** A threshold was reached. */
  result(result: ProbeResult): void;
  /** Each probe that did not succeed, for the event. */
  report(outcome: ProbeOutcome): void;
}

const attempts = 3;

/**
 * 1. The first probe is made when the container has run for the initial delay, the next ones a period after each other.
 * 2. A failed liveness probe and any startup result end the worker: only a new container is probed again.
 */
export class ProbeWorker {
  readonly #ports: ProbePorts;
  readonly #job: ProbeJob;
  #last: ProbeResult | undefined;
  #run = 0;
  #stopped = false;
  #cancel: () => void;

  constructor(ports: ProbePorts, job: ProbeJob) {
    this.#ports = ports;
    this.#job = job;
    const dueMs = job.startedAtMs + (job.probe.initialDelaySeconds ?? 0) * 1000;
    this.#cancel = ports.clock.after(Math.max(0, dueMs - ports.clock.now()), () => void this.#probe());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #probe(): Promise<void> {
    const { clock } = this.#ports;
    const periodMs = (this.#job.probe.periodSeconds ?? 10) * 1000;
    const startedMs = clock.monotonic();
    let outcome: ProbeOutcome = { result: 'error', output: '' };
    for (let i = 0; i < attempts && outcome.result === 'error' && !this.#stopped; i++)
      outcome = await runProbe(this.#ports, this.#job.probe, this.#job.target());
    if (this.#stopped) return;
    this.#judge(outcome);
    if (this.#stopped) return;
    this.#cancel = clock.after(Math.max(0, periodMs - (clock.monotonic() - startedMs)), () => void this.#probe());
  }

  #judge(outcome: ProbeOutcome): void {
    if (outcome.result !== 'success') this.#job.report(outcome);
    if (outcome.result === 'error') return;
    const result: ProbeResult = outcome.result === 'failure' ? 'failure' : 'success';
    this.#run = this.#last === result ? this.#run + 1 : 1;
    this.#last = result;
    const { probe, type } = this.#job;
    const threshold = result === 'failure' ? (probe.failureThreshold ?? 3) : (probe.successThreshold ?? 1);
    if (this.#run < threshold) return;
    if (type === 'startup' || (type === 'liveness' && result === 'failure')) this.stop();
    this.#job.result(result);
  }
}
