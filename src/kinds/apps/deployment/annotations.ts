/** The annotations by which a Deployment and kubectl's rollout commands remember history. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Deployment } from '#api/generated/apps/v1.ts';
import {
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  maxSurge,
  replicasOf,
  revisionAnnotation,
  revisionHistoryAnnotation,
} from '#kinds/apps/deployment/replica-sets.ts';

const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);

/** Upstream keeps about so many characters of former revisions. */
const historyLimit = 2000;

type Annotations = Record<string, string>;

/** The annotations of the new ReplicaSet: the Deployment's own, and its revision with those it had before. */
export function newSetAnnotations(
  deployment: DeepReadonly<Deployment>,
  present: Readonly<Annotations> | undefined,
  revision: bigint,
): Annotations {
  const annotations: Annotations = { ...present };
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(name)) annotations[name] = value;
  }
  const before = annotations[revisionAnnotation];
  if (before !== undefined && before !== '' && !/^-?\d+$/.test(before)) return annotations;
  if (/^-?\d+$/.test(before ?? '') && BigInt(before ?? 0) >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before !== undefined) {
    const history = withRevision(annotations[revisionHistoryAnnotation] ?? '', before);
    if (history !== undefined) annotations[revisionHistoryAnnotation] = history;
  }
  return annotations;
}

/** The history with one more revision, the oldest dropped when it grows too long. Undefined: leave it. */
function withRevision(history: string, revision: string): string | undefined {
  if (history === '') return revision;
  const revisions = [...history.split(','), revision];
  while (revisions.length > 1 && revisions.join(',').length > historyLimit) revisions.shift();
  return revision.length > historyLimit ? undefined : revisions.join(',');
}

/** What a ReplicaSet is told about the size of the whole, for proportional scaling. */
export function sizeAnnotations(deployment: DeepReadonly<Deployment>): Annotations {
  const desired = replicasOf(deployment);
  return {
    [desiredReplicasAnnotation]: String(desired),
    [maxReplicasAnnotation]: String(desired + maxSurge(deployment)),
  };
}
