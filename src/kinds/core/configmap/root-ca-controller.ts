/** Every namespace has a ConfigMap `kube-root-ca.crt` by which pods know the API server; an edited one is put right. */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { ConfigMap, Namespace } from '#api/generated/core/v1.ts';
import { configmaps, namespaces } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isAlreadyExists } from '#api/status.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import type { Controller, ControllerContext } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/pod-control.ts';

const name = 'kube-root-ca.crt';
const annotation = 'kubernetes.io/description';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** `rootCA` is PEM. */
export function rootCAPublisher(rootCA: string): Controller<Namespace> {
  return {
    name: 'root-ca-certificate-publisher-controller',
    for: namespaces,
    watches: [watch(configmaps, (now, old) => namespaceOf(now ?? old))],
    reconcile: (key, ctx) => reconcile(key, ctx, rootCA),
  };
}

function namespaceOf(object: DeepReadonly<ConfigMap> | undefined): ObjectKey[] {
  return object?.metadata.name === name ? [{ namespace: '', name: object.metadata.namespace ?? '' }] : [];
}

async function reconcile(key: ObjectKey, ctx: ControllerContext, rootCA: string): Promise<void> {
  const namespace = ctx.cache(namespaces).get(key);
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
  const data = { 'ca.crt': rootCA };
  const present = ctx.cache(configmaps).get({ namespace: key.name, name });
  try {
    if (present === undefined) {
      const metadata = { namespace: key.name, name, annotations: { [annotation]: description } };
      await ctx.client.create(configmaps, { metadata, data });
      return;
    }
    if (semanticEqual(present.data, data) && (present.metadata.annotations?.[annotation] ?? '') !== '') return;
    const changed = cloneJson(present) as ConfigMap;
    changed.data = data;
    changed.metadata.annotations = { ...changed.metadata.annotations, [annotation]: description };
    await ctx.client.update(configmaps, changed);
  } catch (error) {
    if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
  }
}
