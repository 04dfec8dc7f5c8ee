/** Which objects the pods of a node name. What a pod names is collected once per version of the pod. */
import { pods } from '#api/generated/resources.ts';
import type { Container, Pod, PodSpec } from '#api/generated/core/v1.ts';
import type { ObjectKey } from '#api/object.ts';
import type { Reader } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export type ReferenceKind = 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts';
type AnyPod = DeepReadonly<Pod>;

const mirrorAnnotation = 'kubernetes.io/config.mirror';
/** `kind/name` of everything a pod refers to. */
const references = new WeakMap<AnyPod, ReadonlySet<string>>();

/** Is the pod bound to the node? */
export function isPodOf(reader: Reader, nodeName: string, key: ObjectKey): boolean {
  return reader.get(pods, { namespace: key.namespace, name: key.name })?.spec?.nodeName === nodeName;
}

/** Does a pod bound to the node name the object? */
export function isNamedByPodOf(reader: Reader, nodeName: string, kind: ReferenceKind, key: ObjectKey): boolean {
  const wanted = `${kind}/${key.name}`;
  for (const pod of reader.list(pods, key.namespace)) {
    if (pod.spec?.nodeName === nodeName && referencesOf(pod).has(wanted)) return true;
  }
  return false;
}

function referencesOf(pod: AnyPod): ReadonlySet<string> {
  let found = references.get(pod);
  if (found === undefined) references.set(pod, (found = collect(pod)));
  return found;
}

/** Mirror pods show what a node runs on its own account: they give it no access. */
function collect({ metadata, spec }: AnyPod): ReadonlySet<string> {
  const found = new Set<string>();
  if (spec === undefined || metadata.annotations?.[mirrorAnnotation] !== undefined) return found;
  const add = (kind: ReferenceKind, name: string | undefined): void => {
    if (name !== undefined && name !== '') found.add(`${kind}/${name}`);
  };
  add('serviceaccounts', spec.serviceAccountName);
  for (const { name } of spec.imagePullSecrets ?? []) add('secrets', name);
  for (const container of [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])])
    collectContainer(container, add);
  collectVolumes(metadata.name ?? '', spec, add);
  return found;
}

type Add = (kind: ReferenceKind, name: string | undefined) => void;

function collectContainer(
  { env = [], envFrom = [] }: Pick<DeepReadonly<Container>, 'env' | 'envFrom'>,
  add: Add,
): void {
  for (const { valueFrom } of env) {
    add('secrets', valueFrom?.secretKeyRef?.name);
    add('configmaps', valueFrom?.configMapKeyRef?.name);
  }
  for (const { secretRef, configMapRef } of envFrom) {
    add('secrets', secretRef?.name);
    add('configmaps', configMapRef?.name);
  }
}

function collectVolumes(podName: string, { volumes = [] }: DeepReadonly<PodSpec>, add: Add): void {
  for (const volume of volumes) {
    add('secrets', volume.secret?.secretName);
    add('configmaps', volume.configMap?.name);
    add('persistentvolumeclaims', volume.persistentVolumeClaim?.claimName);
    if (volume.ephemeral !== undefined) add('persistentvolumeclaims', `${podName}-${volume.name}`);
    add('secrets', volume.csi?.nodePublishSecretRef?.name);
    for (const { secret, configMap } of volume.projected?.sources ?? []) {
      add('secrets', secret?.name);
      add('configmaps', configMap?.name);
    }
  }
}
