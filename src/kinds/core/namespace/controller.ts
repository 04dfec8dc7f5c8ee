/**
 * Empties namespaces that are being deleted: pods first, then everything else the server has, then the finalizer.
 * @see https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import type { Namespace, Pod } from '#api/generated/core/v1.ts';
import { namespaces, pods } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { groupResource } from '#api/resource-ref.ts';
import { isNotFound } from '#api/status.ts';
import type { DiscoveredResource, Discovery } from '#client/discovery.ts';
import { discoverResources } from '#client/discovery.ts';
import type { Controller, ControllerContext, ReconcileResult } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import type { Remains } from '#kinds/core/namespace/deletion-conditions.ts';
import { conditionsAfter } from '#kinds/core/namespace/deletion-conditions.ts';

export const namespaceController: Controller<Namespace> = {
  name: 'namespace-controller',
  for: namespaces,
  watches: [watch(pods, (now, old, ctx) => (now === undefined ? terminatingNamespace(old, ctx) : []))],
  workers: 10,
  reconcile,
};

/** Objects held by finalizers are looked at again after so long; pods announce themselves. */
const finalizerWaitMs = 8_500;

function terminatingNamespace(pod: DeepReadonly<Pod> | undefined, ctx: ControllerContext): ObjectKey[] {
  const key = { namespace: '', name: pod?.metadata.namespace ?? '' };
  return ctx.cache(namespaces).get(key)?.metadata.deletionTimestamp === undefined ? [] : [key];
}

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  if (ctx.cache(namespaces).get(key)?.metadata.deletionTimestamp === undefined) return undefined;
  const namespace = await ctx.client.find(namespaces, key);
  if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
  if ((namespace.spec?.finalizers ?? []).length === 0) return undefined;
  try {
    return await empty(await markTerminating(namespace, ctx), ctx);
  } catch (error) {
    if (isNotFound(error) && (await ctx.client.find(namespaces, key)) === undefined) return undefined;
    throw error;
  }
}

async function markTerminating(namespace: Namespace, ctx: ControllerContext): Promise<Namespace> {
  if (namespace.status?.phase === 'Terminating') return namespace;
  return ctx.client.updateStatus(namespaces, { ...namespace, status: { ...namespace.status, phase: 'Terminating' } });
}

async function empty(namespace: Namespace, ctx: ControllerContext): Promise<ReconcileResult | undefined> {
  const discovery = await discoverResources(ctx.client, ctx.signal);
  const remains: Remains = {
    discoveryFailures: discovery.failures,
    failures: [],
    resources: new Map(),
    finalizers: new Map(),
  };
  await deleteAll(namespace.metadata.name ?? '', { discovery, remains, ctx });
  const current = await writeConditions(namespace, remains, ctx);
  if (remains.failures.length > 0 || discovery.failures.size > 0) {
    throw new Error([...remains.failures, ...discovery.failures.values()].join(', '));
  }
  if (remains.resources.size > 0) return { requeueAfterMs: finalizerWaitMs };
  await finalize(current, ctx);
  return undefined;
}

interface Deletion {
  readonly discovery: Discovery;
  readonly remains: Remains;
  readonly ctx: ControllerContext;
}

/** While pods are left nothing else is touched: they may need their ConfigMaps, network policies and volumes to end well. */
async function deleteAll(namespace: string, deletion: Deletion): Promise<void> {
  const { discovery, remains } = deletion;
  const deletable = discovery.resources.filter(
    (resource) => resource.namespaced && resource.verbs.includes('delete') && resource.verbs.includes('list'),
  );
  const isPods = (resource: DiscoveredResource): boolean => resource.group === '' && resource.plural === 'pods';
  const podResource = deletable.find(isPods);
  if (podResource !== undefined) await deleteResource(namespace, podResource, deletion);
  if (remains.resources.size > 0) return;
  const others = deletable.filter((resource) => !isPods(resource));
  await Promise.all(others.map((resource) => deleteResource(namespace, resource, deletion)));
}

async function deleteResource(namespace: string, resource: DiscoveredResource, deletion: Deletion): Promise<void> {
  const { ctx, remains } = deletion;
  try {
    const before = await ctx.client.list(resource, { namespace });
    if (before.items.length === 0) return;
    if (resource.verbs.includes('deletecollection')) {
      await ctx.client.deleteCollection(resource, { namespace, propagationPolicy: 'Background' });
    } else await deleteEach(namespace, resource, ctx);
    const { items } = await ctx.client.list(resource, { namespace });
    if (items.length === 0) return;
    remains.resources.set(groupResource(resource) + (resource.group === '' ? '.' : ''), items.length);
    for (const item of items) {
      for (const finalizer of item.metadata.finalizers ?? []) {
        remains.finalizers.set(finalizer, (remains.finalizers.get(finalizer) ?? 0) + 1);
      }
    }
  } catch (error) {
    remains.failures.push(errorMessage(error));
  }
}

async function deleteEach(namespace: string, resource: DiscoveredResource, ctx: ControllerContext): Promise<void> {
  const { items } = await ctx.client.list(resource, { namespace });
  for (const item of items) {
    try {
      const key = { namespace, name: item.metadata.name ?? '' };
      await ctx.client.delete(resource, key, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

async function writeConditions(namespace: Namespace, remains: Remains, ctx: ControllerContext): Promise<Namespace> {
  const conditions = conditionsAfter(namespace.status?.conditions ?? [], remains, ctx.clock.now());
  if (conditions === undefined) return namespace;
  return ctx.client.updateStatus(namespaces, { ...namespace, status: { ...namespace.status, conditions } });
}

async function finalize(namespace: Namespace, ctx: ControllerContext): Promise<void> {
  const object = cloneJson(namespace) as Namespace;
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== 'kubernetes');
  object.spec = { ...object.spec, finalizers };
  try {
    await ctx.client.update(namespaces, object, { subresource: 'finalize' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
