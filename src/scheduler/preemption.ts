/**
 * DefaultPreemption: when no node has room, finds one where removing pods of lower priority makes room, and removes the
 * fewest and least important.
 *
 * Per node: take away all pods of lower priority; if the pod fits then, give back as many as possible, most important first,
 * those protected by a PodDisruptionBudget before the others. Of the nodes, upstream's order: fewest budgets violated, lowest
 * highest priority, lowest sum of priorities, fewest victims, latest start of the most important one.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import type { Clock } from '#base/clock.ts';
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { PodDisruptionBudget } from '#api/generated/policy/v1.ts';
import { poddisruptionbudgets, pods } from '#api/generated/resources.ts';
import { isNotFound } from '#api/status.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import type { Caches } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import type { EventRecorder } from '#client/events.ts';
import type { ClusterState } from '#scheduler/cluster-state.ts';
import { needsOf } from '#scheduler/base-scores.ts';
import { histogram } from '#scheduler/failure.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import type { Rejection, Selector } from '#scheduler/select-node.ts';
import { preparedFilters, refusalAt } from '#scheduler/select-node.ts';

export interface PreemptionPorts {
  readonly selector: Selector;
  readonly state: ClusterState;
  readonly client: Client;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly schedulerName: string;
}
export interface PreemptionResult {
  /** What follows `preemption: ` in the pod's message; '' when victims were found. */
  readonly message: string;
  readonly nominatedNodeName?: string;
}
interface Candidate {
  readonly slot: number;
  /** Most important first. */
  readonly victims: readonly PodInfo[];
  readonly violations: number;
}

/** As upstream: a tenth of the nodes, at least a hundred. */
const leastCandidates = 100;

/** Chooses and removes victims, and nominates the node. The pod is bound later, when they are gone. */
export async function preempt(info: PodInfo, rejection: Rejection, ports: PreemptionPorts): Promise<PreemptionResult> {
  const why = ineligible(info, ports);
  if (why !== undefined) return { message: why };
  const { candidates, reasons } = findCandidates(info, rejection, ports);
  const best = candidates.reduce<Candidate | undefined>(
    (a, b) => (a === undefined || isBetter(b, a) ? b : a),
    undefined,
  );
  if (best === undefined) return { message: hopeless(rejection, reasons) };
  const nodeName = ports.state.table.nodeAt(best.slot).metadata.name ?? '';
  for (const [uid, nomination] of ports.state.nominations) {
    if (nomination.nodeName === nodeName && nomination.info.priority < info.priority)
      ports.state.nominations.delete(uid);
  }
  ports.state.nominations.set(info.uid, { info, nodeName });
  await Promise.all(best.victims.map((victim) => evict(victim, info, { nodeName, ports })));
  return { message: '', nominatedNodeName: nodeName };
}

function ineligible(info: PodInfo, ports: PreemptionPorts): string | undefined {
  if (info.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = ports.state.nominations.get(info.uid);
  const slot = nominated === undefined ? undefined : ports.state.table.slotOf(nominated.nodeName);
  if (slot === undefined) return undefined;
  for (const other of ports.state.table.podsAt(slot)) {
    if (other.priority < info.priority && other.pod.metadata.deletionTimestamp !== undefined) {
      return 'not eligible due to a terminating pod on the nominated node.';
    }
  }
  return undefined;
}

function hopeless(rejection: Rejection, found: ReadonlyMap<string, number>): string {
  if (rejection.nodeCount === 0) return '';
  const reasons = new Map(found);
  const others = rejection.nodeCount - rejection.resolvable.length;
  if (others > 0) reasons.set('Preemption is not helpful for scheduling', others);
  return `0/${rejection.nodeCount} nodes are available: ${histogram(reasons)}.`;
}

function findCandidates(
  info: PodInfo,
  rejection: Rejection,
  ports: PreemptionPorts,
): { candidates: Candidate[]; reasons: Map<string, number> } {
  const most = Math.max(leastCandidates, Math.floor(rejection.nodeCount / 10));
  const { resolvable } = rejection;
  const offset = Math.floor(ports.selector.random.next() * resolvable.length);
  const budgets = budgetsOf(ports.caches);
  const candidates: Candidate[] = [];
  const reasons = new Map<string, number>();
  for (let i = 0; i < resolvable.length && candidates.length < most; i++) {
    const slot = resolvable[(offset + i) % resolvable.length] as number;
    const outcome = victimsOn(slot, info, { ports, budgets });
    if ('slot' in outcome) candidates.push(outcome);
    else for (const reason of outcome) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return { candidates, reasons };
}

/** All budgets; a server without that kind has none. */
function budgetsOf(caches: Caches): readonly DeepReadonly<PodDisruptionBudget>[] {
  try {
    return [...caches.of(poddisruptionbudgets).list()];
  } catch {
    return [];
  }
}

/** The victims, or why removing pods does not help here. */
function victimsOn(
  slot: number,
  info: PodInfo,
  options: { ports: PreemptionPorts; budgets: readonly DeepReadonly<PodDisruptionBudget>[] },
): Candidate | readonly string[] {
  const { selector, state } = options.ports;
  const { table } = state;
  const lower = [...table.podsAt(slot)].filter((pod) => pod.priority < info.priority).sort(moreImportant);
  if (lower.length === 0) return ['No preemption victims found for incoming pod'];
  const nodeName = table.nodeAt(slot).metadata.name ?? '';
  for (const pod of lower) table.removePod(pod.uid);
  const victims: PodInfo[] = [];
  let violations = 0;
  const missing = refusalsNow(selector, info, slot);
  if (missing.length === 0) {
    const { violating, others } = splitByBudget(lower, options.budgets);
    for (const pod of [...violating, ...others]) {
      table.setPod(pod, nodeName);
      if (refusalsNow(selector, info, slot).length === 0) continue;
      table.removePod(pod.uid);
      victims.push(pod);
      if (violating.includes(pod)) violations++;
    }
  }
  for (const pod of lower) if (!table.hasPod(pod.uid)) table.setPod(pod, nodeName);
  if (missing.length > 0) return missing;
  return { slot, victims: victims.sort(moreImportant), violations };
}

/** Why the pod does not fit as things are; empty: it does. */
function refusalsNow(selector: Selector, info: PodInfo, slot: number): readonly string[] {
  const { table, plugins } = selector;
  const filters = preparedFilters(plugins, info, table);
  return refusalAt(selector, info, { slot, needs: needsOf(info, table), filters }).reasons;
}

function splitByBudget(
  candidates: readonly PodInfo[],
  budgets: readonly DeepReadonly<PodDisruptionBudget>[],
): { violating: PodInfo[]; others: PodInfo[] } {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]));
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const info of candidates) {
    let violates = false;
    for (const budget of budgets) {
      if (!protects(budget, info)) continue;
      const allowed = (left.get(budget) ?? 0) - 1;
      left.set(budget, allowed);
      if (allowed < 0) violates = true;
    }
    (violates ? violating : others).push(info);
  }
  return { violating, others };
}

function protects(budget: DeepReadonly<PodDisruptionBudget>, info: PodInfo): boolean {
  if (budget.metadata.namespace !== info.key.namespace) return false;
  const selector = selectorOf(budget.spec?.selector);
  if (selector.isEverything || !selector.matches(info.pod.metadata.labels)) return false;
  return budget.status?.disruptedPods?.[info.key.name] === undefined;
}

function startOf(info: PodInfo): string {
  return info.pod.status?.startTime ?? info.pod.metadata.creationTimestamp ?? '';
}

function moreImportant(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0);
}

function isBetter(a: Candidate, b: Candidate): boolean {
  const highest = (of: Candidate): number => of.victims[0]?.priority ?? 0;
  const sum = (of: Candidate): number => of.victims.reduce((total, pod) => total + pod.priority + 2 ** 31, 0);
  const earliest = (of: Candidate): string => {
    const most = of.victims.filter((pod) => pod.priority === highest(of)).map(startOf);
    return most.sort()[0] ?? '';
  };
  if (a.violations !== b.violations) return a.violations < b.violations;
  if (highest(a) !== highest(b)) return highest(a) < highest(b);
  if (sum(a) !== sum(b)) return sum(a) < sum(b);
  if (a.victims.length !== b.victims.length) return a.victims.length < b.victims.length;
  return earliest(a) > earliest(b);
}

async function evict(
  victim: PodInfo,
  preemptor: PodInfo,
  on: { nodeName: string; ports: PreemptionPorts },
): Promise<void> {
  const { client, clock, events, schedulerName } = on.ports;
  if (victim.pod.metadata.deletionTimestamp !== undefined) return;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    observedGeneration: victim.pod.metadata.generation,
    lastTransitionTime: timestamp(clock.now()),
  };
  try {
    const patch = { metadata: { uid: victim.uid }, status: { conditions: [condition] } };
    await client.patch(pods, victim.key, patch, { type: 'strategic', subresource: 'status' });
    await client.delete(pods, victim.key, { preconditions: { uid: victim.uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  events.event(victim.pod, 'Normal', 'Preempted', `Preempted by pod ${preemptor.uid} on node ${on.nodeName}`);
}
