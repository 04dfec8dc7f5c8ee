/** Simulated nodes beside or instead of the real one. */
import type { Logger } from '#base/logger.ts';
import type { ControlPlane } from '#cluster/control-plane.ts';

export interface SimulatedNodes {
  readonly ready: Promise<void>;
  stop(): void;
}

export async function startSimulatedNodes(
  _controlPlane: ControlPlane,
  _count: number,
  _log: Logger,
): Promise<SimulatedNodes> {
  return { ready: Promise.resolve(), stop() {} };
}
