/** What a pod is told that found no node: upstream's sentences. */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import { isNotFound } from '#api/status.ts';
import { findCondition } from '#api/meta/conditions.ts';
import type { Client } from '#client/client.ts';
import type { Rejection } from '#scheduler/select-node.ts';

/** `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.` */
export function rejectionMessage(rejection: Rejection): string {
  if (rejection.nodeCount === 0) return 'no nodes available to schedule pods';
  return `0/${rejection.nodeCount} nodes are available: ${histogram(rejection.reasons)}.`;
}

/** `1 reason, 2 other reason`, sorted as text. */
export function histogram(reasons: ReadonlyMap<string, number>): string {
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`);
  return parts.sort().join(', ');
}

const longestNote = 1024;

/** Events carry at most 1024 bytes. */
export function truncated(message: string): string {
  return message.length <= longestNote ? message : `${message.slice(0, longestNote - 4)} ...`;
}

export interface FailureReport {
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  /** The node on which a preemption makes room. */
  readonly nominatedNodeName?: string;
}

/** Writes the PodScheduled condition (and the nomination) unless it stands there already. A pod that is gone is left. */
export async function reportFailure(
  client: Client,
  pod: DeepReadonly<Pod>,
  report: FailureReport & { readonly nowMs: number },
): Promise<void> {
  const old = findCondition(pod.status?.conditions, 'PodScheduled');
  const nominated = report.nominatedNodeName;
  const isNew = old?.status !== 'False' || old.reason !== report.reason || old.message !== report.message;
  if (!isNew && (nominated === undefined || nominated === pod.status?.nominatedNodeName)) return;
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: report.reason,
    message: report.message,
    observedGeneration: pod.metadata.generation,
    lastProbeTime: null,
    lastTransitionTime:
      old?.status === 'False' ? (old.lastTransitionTime ?? timestamp(report.nowMs)) : timestamp(report.nowMs),
  };
  const status = {
    conditions: [condition],
    ...(nominated === undefined ? {} : { nominatedNodeName: nominated }),
  };
  const { namespace = '', name = '', uid } = pod.metadata;
  try {
    const patch = { metadata: { uid }, status };
    await client.patch(pods, { namespace, name }, patch, { type: 'strategic', subresource: 'status' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
