/** The scale subresource: spec.replicas and status.replicas of a workload as an autoscaling/v1 Scale. */
import { cloneJson, type DeepReadonly } from '#base/immutable.ts';
import type { Scale } from '#api/generated/autoscaling/v1.ts';
import type { KubeObject } from '#api/object.ts';
import type { ScaleSubresource } from '#api/resource.ts';
import { fieldError, invalid } from '#api/status.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { checkName, setNamespace } from '#apiserver/registry/metadata.ts';
import type { BodyKind } from '#apiserver/registry/decode.ts';

const scaleSchema = 'io.k8s.api.autoscaling.v1.Scale';

export function scaleBodyKind(): BodyKind {
  return { group: 'autoscaling', version: 'v1', kind: 'Scale', type: builtinSchemas.type(scaleSchema) };
}

/** What GET answers. */
export function scaleOf(object: DeepReadonly<KubeObject>, scale: ScaleSubresource<KubeObject>): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = scale.labelSelector(object);
  const replicas = numberAt(object, scale.specReplicasPath);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberAt(object, scale.statusReplicasPath), ...(selector === '' ? {} : { selector }) },
  } as KubeObject;
}

/** A copy of the object with the Scale's number of replicas, and its version if it names one. Throws 400 and 422. */
export function withScale(old: DeepReadonly<KubeObject>, body: Scale, scale: ScaleSubresource<KubeObject>): KubeObject {
  const { resourceVersion = '' } = body.metadata ?? {};
  const own = old.metadata.name ?? '';
  checkName(body as unknown as KubeObject, own);
  setNamespace(body as unknown as KubeObject, old.metadata.namespace ?? '');
  const replicas = body.spec?.replicas ?? 0;
  if (replicas < 0) {
    const error = fieldError.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, own, [error]);
  }
  const object = cloneJson(old) as KubeObject;
  setNumber(object, scale.specReplicasPath, replicas);
  object.metadata.resourceVersion = resourceVersion;
  return object;
}

type Fields = Record<string, unknown>;

function numberAt(object: DeepReadonly<KubeObject>, path: string): number {
  let value: unknown = object;
  for (const field of path.split('.').slice(1)) value = (value as Fields | undefined)?.[field];
  return typeof value === 'number' ? value : 0;
}

function setNumber(object: KubeObject, path: string, value: number): void {
  const fields = path.split('.').slice(1);
  const last = fields.pop() as string;
  let target: Fields = object;
  for (const field of fields) target = (target[field] ??= {}) as Fields;
  target[last] = value;
}
