/** Simulated nodes beside or instead of the real one. */
import type { Logger } from '#base/logger.ts';
import type { ControlPlane } from '#cluster/control-plane.ts';
import { SimulatedNodes } from '#sim/simulated-nodes.ts';
import { systemClock } from '#host/system-clock.ts';

export interface RunningSimulation {
  readonly ready: Promise<void>;
  stop(): void;
}

/** `ready` resolves once the control plane was started and all nodes are Ready. */
export function startSimulatedNodes(controlPlane: ControlPlane, count: number, log: Logger): RunningSimulation {
  const nodes = new SimulatedNodes(
    { client: controlPlane.clientFor('simulated-kubelet'), caches: controlPlane.caches, clock: systemClock, log },
    { count },
  );
  return {
    ready: count === 0 ? Promise.resolve() : controlPlane.bootstrapped.then(() => nodes.start()),
    stop: () => nodes.stop(),
  };
}
