/** Every namespace has a service account `default`. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Namespace, ServiceAccount } from '#api/generated/core/v1.ts';
import { namespaces, serviceaccounts } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isAlreadyExists } from '#api/status.ts';
import type { Controller, ControllerContext } from '#controller/controller.ts';
import { watch } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/pod-control.ts';

export const serviceAccountController: Controller<Namespace> = {
  name: 'service-account-controller',
  for: namespaces,
  watches: [watch(serviceaccounts, (now, old) => (now === undefined ? namespaceOf(old) : []))],
  reconcile,
};

function namespaceOf(account: DeepReadonly<ServiceAccount> | undefined): ObjectKey[] {
  return account?.metadata.name === 'default' ? [{ namespace: '', name: account.metadata.namespace ?? '' }] : [];
}

async function reconcile(key: ObjectKey, ctx: ControllerContext): Promise<void> {
  const namespace = ctx.cache(namespaces).get(key);
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
  if (ctx.cache(serviceaccounts).get({ namespace: key.name, name: 'default' }) !== undefined) return;
  try {
    await ctx.client.create(serviceaccounts, { metadata: { namespace: key.name, name: 'default' } });
  } catch (error) {
    if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
  }
}
