/** managedFields for the registry's writes: which fields of an endpoint count, and who is the manager. */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { KubeObject } from '#api/object.ts';
import { type FieldSet, fieldPaths } from '#api/managed-fields/field-set.ts';
import { updateManagedFields } from '#api/managed-fields/update.ts';
import type { WriteContext } from '#apiserver/registry/write-context.ts';

const statusFields: FieldSet = fieldPaths(['status']);
const allButStatus: FieldSet = fieldPaths(['spec'], ['metadata', 'labels']);

/** Sets `object.metadata.managedFields`. `live` undefined: a create. */
export function recordManager(
  context: WriteContext,
  object: KubeObject,
  live: DeepReadonly<KubeObject> | undefined,
): void {
  const { endpoint, call, manager, subresource } = context;
  const resetFields = resetFieldsOf(context);
  const entries = updateManagedFields({
    live,
    result: object,
    schema: endpoint.schema,
    manager,
    subresource,
    apiVersion: endpoint.apiVersion,
    time: timestamp(call.nowMs),
    ...(resetFields === undefined ? {} : { resetFields }),
  });
  if (entries === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries;
}

function resetFieldsOf({ endpoint, subresource }: WriteContext): FieldSet | undefined {
  if (!endpoint.hasStatus) return undefined;
  if (subresource === '') return statusFields;
  return subresource === 'status' ? allButStatus : undefined;
}
