/** A pod as the scheduler sees it: what it needs, worked out once. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import type { ObjectKey } from '#api/object.ts';
import type { HostPort } from '#kinds/core/pod/host-ports.ts';
import { hostPorts } from '#kinds/core/pod/host-ports.ts';
import { podRequests, podRequestsForScoring } from '#kinds/core/pod/requests.ts';

export interface PodInfo {
  readonly key: ObjectKey;
  /** `namespace/name` */
  readonly id: string;
  readonly uid: string;
  readonly pod: DeepReadonly<Pod>;
  readonly priority: number;
  readonly requests: ReadonlyMap<string, number>;
  readonly scoringCpu: number;
  readonly scoringMemory: number;
  readonly ports: readonly HostPort[];
  /** Pods with equal signatures are answered alike by everything that looks only at the node's object. */
  readonly signature: string;
  /** Pods with equal shapes also need the same room. */
  readonly shape: string;
}

export function podInfo(pod: DeepReadonly<Pod>): PodInfo {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  const spec = pod.spec;
  const scoring = podRequestsForScoring(spec);
  const requests = podRequests(spec);
  const signature = signatureOf(pod);
  return {
    key: { namespace, name },
    id: `${namespace}/${name}`,
    uid,
    pod,
    priority: spec?.priority ?? 0,
    requests,
    scoringCpu: scoring.get('cpu') ?? 0,
    scoringMemory: scoring.get('memory') ?? 0,
    ports: hostPorts(spec),
    signature,
    shape: shapeOf(signature, requests, scoring),
  };
}

function signatureOf(pod: DeepReadonly<Pod>): string {
  const spec = pod.spec;
  const nodeAffinity = spec?.affinity?.nodeAffinity;
  return JSON.stringify([spec?.nodeName, spec?.nodeSelector, nodeAffinity, spec?.tolerations]);
}

function shapeOf(
  signature: string,
  requests: ReadonlyMap<string, number>,
  scoring: ReadonlyMap<string, number>,
): string {
  let shape = `${signature} ${scoring.get('cpu')} ${scoring.get('memory')}`;
  for (const [resource, amount] of requests) shape += ` ${resource}=${amount}`;
  return shape;
}

/** It has gates: nobody may schedule it yet. */
export function isGated(pod: DeepReadonly<Pod>): boolean {
  return (pod.spec?.schedulingGates ?? []).length > 0;
}
