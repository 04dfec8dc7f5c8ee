/** The ReplicaSet of the present template: found and kept in step with the Deployment, or made. */
import { cloneJson } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { Deployment, ReplicaSet } from '#api/generated/apps/v1.ts';
import { deployments, replicasets } from '#api/generated/resources.ts';
import { isAlreadyExists } from '#api/status.ts';
import { findCondition } from '#api/meta/conditions.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { controllerReference, isControlledBy } from '#api/meta/owner-references.ts';
import type { ControllerContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/pod-control.ts';
import { templateHash } from '#controller/template-hash.ts';
import { newSetAnnotations, sizeAnnotations } from '#kinds/apps/deployment/annotations.ts';
import type { Set } from '#kinds/apps/deployment/replica-sets.ts';
import {
  equalIgnoringHash,
  hasProgressDeadline,
  maxRevision,
  revisionAnnotation,
  templateHashLabel,
} from '#kinds/apps/deployment/replica-sets.ts';
import { newSetReplicas } from '#kinds/apps/deployment/rollout-plan.ts';
import { newCondition, setCondition } from '#kinds/apps/deployment/status.ts';

/** The part of a reconcile's state that this file reads and moves on. */
export interface NewSetWork {
  readonly stored: DeepReadonly<Deployment>;
  deployment: Deployment;
  newSet: Set | undefined;
  readonly oldSets: readonly Set[];
}

/** Brings the new set's annotations and the Deployment's revision up to date; with 'create' it makes a missing one. */
export function syncNewSet(ctx: ControllerContext, work: NewSetWork, mode: 'create'): Promise<Set>;
export function syncNewSet(ctx: ControllerContext, work: NewSetWork, mode: 'find'): Promise<Set | undefined>;
export async function syncNewSet(
  ctx: ControllerContext,
  work: NewSetWork,
  mode: 'create' | 'find',
): Promise<Set | undefined> {
  const revision = maxRevision(work.oldSets) + 1n;
  if (work.newSet !== undefined) return (work.newSet = await syncExisting(ctx, work, work.newSet, revision));
  if (mode === 'find') return undefined;
  return (work.newSet = await createSet(ctx, work, revision));
}

async function syncExisting(ctx: ControllerContext, work: NewSetWork, set: Set, revision: bigint): Promise<Set> {
  const { deployment } = work;
  const annotations = newSetAnnotations(deployment, set.metadata.annotations, revision);
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  const isCurrent = semanticEqual(annotations, set.metadata.annotations);
  if (!isCurrent || (set.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
    const changed = cloneJson(set) as ReplicaSet;
    changed.metadata.annotations = annotations;
    changed.spec = { ...changed.spec, minReadySeconds } as ReplicaSet['spec'];
    return ctx.client.update(replicasets, changed);
  }
  const hasMoved = setRevision(deployment, annotations[revisionAnnotation] ?? '');
  const isUnknown = findCondition(deployment.status?.conditions, 'Progressing') === undefined;
  if (hasProgressDeadline(deployment) && isUnknown) {
    const message = `Found new replica set "${set.metadata.name}"`;
    setProgressing(ctx, deployment, { status: 'True', reason: 'FoundNewReplicaSet', message });
    work.deployment = await ctx.client.updateStatus(deployments, deployment);
  } else if (hasMoved) work.deployment = await writeRevision(ctx, deployment);
  return set;
}

async function createSet(ctx: ControllerContext, work: NewSetWork, revision: bigint): Promise<Set> {
  const { deployment } = work;
  const set = buildSet(deployment, work.oldSets, revision);
  const created = await tryCreate(ctx, work, set);
  const replicas = set.spec?.replicas ?? 0;
  if (created !== undefined && replicas > 0) {
    const message = `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`;
    ctx.events.event(work.stored, 'Normal', 'ScalingReplicaSet', message);
  }
  setRevision(deployment, String(revision));
  if (created !== undefined && hasProgressDeadline(deployment)) {
    const message = `Created new replica set "${created.metadata.name}"`;
    setProgressing(ctx, deployment, { status: 'True', reason: 'NewReplicaSetCreated', message });
  }
  work.deployment = await writeRevision(ctx, deployment);
  return created ?? existing(ctx, set);
}

function buildSet(deployment: Deployment, oldSets: readonly Set[], revision: bigint): ReplicaSet {
  const template = cloneJson(deployment.spec?.template) as NonNullable<ReplicaSet['spec']>['template'] & object;
  const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [templateHashLabel]: hash };
  const selector = cloneJson(deployment.spec?.selector ?? {}) as { matchLabels?: Record<string, string> };
  const name = deployment.metadata.name ?? '';
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name.slice(0, 253 - hash.length - 1)}-${hash}`,
      namespace: deployment.metadata.namespace,
      ownerReferences: [controllerReference(deployment, deployments)],
      labels,
      annotations: { ...newSetAnnotations(deployment, undefined, revision), ...sizeAnnotations(deployment) },
    },
    spec: {
      replicas: newSetReplicas(deployment, oldSets, 0),
      minReadySeconds: deployment.spec?.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [templateHashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** Undefined: it is there already and ours. A namesake with another template is a collision: counted, tried again. */
async function tryCreate(ctx: ControllerContext, work: NewSetWork, set: ReplicaSet): Promise<ReplicaSet | undefined> {
  const { deployment } = work;
  try {
    return await ctx.client.create(replicasets, set);
  } catch (error) {
    if (isAlreadyExists(error)) {
      const present = await ctx.client.get(replicasets, keyOf(set));
      if (isControlledBy(present, deployment) && equalIgnoringHash(deployment.spec?.template, present.spec?.template)) {
        return undefined;
      }
      deployment.status = { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
      await ctx.client.updateStatus(deployments, deployment);
    } else if (!isNamespaceTerminating(error)) await reportFailure(ctx, work, set, error);
    throw error;
  }
}

async function reportFailure(ctx: ControllerContext, work: NewSetWork, set: ReplicaSet, error: unknown): Promise<void> {
  const message = `Failed to create new replica set "${set.metadata.name}": ${errorMessage(error)}`;
  ctx.events.event(work.stored, 'Warning', 'ReplicaSetCreateError', message);
  if (!hasProgressDeadline(work.deployment)) return;
  setProgressing(ctx, work.deployment, { status: 'False', reason: 'ReplicaSetCreateError', message });
  // The failure to create is the one to report; this one will be noticed at the next try.
  await ctx.client.updateStatus(deployments, work.deployment).catch(() => undefined);
}

function existing(ctx: ControllerContext, set: ReplicaSet): Promise<ReplicaSet> {
  return ctx.client.get(replicasets, keyOf(set));
}

function keyOf(set: ReplicaSet): { namespace: string; name: string } {
  return { namespace: set.metadata.namespace ?? '', name: set.metadata.name ?? '' };
}

function setProgressing(
  ctx: ControllerContext,
  deployment: Deployment,
  to: { status: 'True' | 'False'; reason: string; message: string },
): void {
  const condition = newCondition('Progressing', to.status, to.reason, ctx.clock.now());
  deployment.status ??= {};
  setCondition(deployment.status, { ...condition, message: to.message });
}

/** True: it was another one. */
function setRevision(deployment: Deployment, revision: string): boolean {
  if (deployment.metadata.annotations?.[revisionAnnotation] === revision) return false;
  deployment.metadata.annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: revision };
  return true;
}

/** A status update carries annotations, too: one write for both, as upstream. */
function writeRevision(ctx: ControllerContext, deployment: Deployment): Promise<Deployment> {
  return ctx.client.updateStatus(deployments, deployment);
}
