/** DELETE of a collection: every selected object is deleted as if alone; the answer is the list of them as they were. */
import type { ApiResponse } from '#api/handler.ts';
import { isNotFound } from '#api/status.ts';
import type { Version } from '#storage/version.ts';
import type { Core } from '#apiserver/registry/core.ts';
import { deleteObject } from '#apiserver/registry/delete.ts';
import type { DeleteOptions } from '#apiserver/registry/delete-options.ts';
import { collectionOf } from '#apiserver/registry/endpoint.ts';
import { JsonWriter } from '#apiserver/registry/json-writer.ts';
import { listFormat } from '#apiserver/registry/list-format.ts';
import type { ListOptions } from '#apiserver/registry/list-options.ts';
import { narrowed, selected } from '#apiserver/registry/selected.ts';
import type { Asked } from '#apiserver/registry/verbs.ts';
import { bytesResponse } from '#apiserver/negotiate.ts';

/** Deletions under way at once. */
const parallel = 16;

/** Throws the first StatusError that is not NotFound, after the deletions under way have ended. */
export async function deleteCollection(
  core: Core,
  asked: Asked,
  options: DeleteOptions,
  listOptions: ListOptions,
): Promise<ApiResponse> {
  const { endpoint, key, view } = asked;
  const collection = collectionOf(endpoint);
  const root = collection.root();
  const range = narrowed(collection, root, {
    namespace: key.namespace,
    isNamespaced: endpoint.resource.namespaced,
    selection: listOptions.selection,
  });
  let versions: readonly Version[] = [...selected(root, range)];
  if (listOptions.limit > 0) versions = versions.slice(0, listOptions.limit);
  const call = asked.call(options.dryRun);
  for (let i = 0; i < versions.length; i += parallel) {
    const batch = versions.slice(i, i + parallel);
    const results = await Promise.allSettled(
      batch.map(({ head }) => {
        const { namespace, name } = head;
        return deleteObject(core, { endpoint, call, key: { namespace, name }, options });
      }),
    );
    for (const result of results) if (result.status === 'rejected' && !isNotFound(result.reason)) throw result.reason;
  }
  const writer = new JsonWriter();
  const format = listFormat(view);
  format.open(writer, { resourceVersion: String(root.revision) });
  versions.forEach((version, i) => format.item(writer, version, i === 0));
  format.close(writer, versions.length === 0);
  return bytesResponse(200, writer.take(), view.accepted);
}
