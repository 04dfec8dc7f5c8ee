/**
 * Images as read-only folders: a view of the image's top snapshot, mounted by the agent. Works with every containerd that
 * has snapshots; CRI's own image mounts need 2.1.
 */
import { type GrpcClient, isGrpcNotFound } from '#host/containerd/grpc.ts';
import type { FilesystemMount } from '#kubelet/runtime.ts';

const service = 'containerd.services.snapshots.v1.Snapshots/';
const alreadyExists = 6;

const podLabel = 'wheelhouse.dev/pod';

/** How the pod's view of the image is mounted; made if it is not there. `info` is the verbose part of CRI's ImageStatus. */
export async function viewOfImage(
  grpc: GrpcClient,
  { snapshotter, podUid, name, info }: { snapshotter: string; podUid: string; name: string; info: string },
): Promise<FilesystemMount[]> {
  const { chainID } = JSON.parse(info) as { chainID?: string };
  const key = `wheelhouse-${podUid}-${name}`;
  if (chainID === undefined) throw new Error('the image has no unpacked layers');
  try {
    // Nothing refers to the view, so it says itself that it must not be collected.
    const labels = { 'containerd.io/gc.root': new Date(0).toISOString(), [podLabel]: podUid };
    const request = { snapshotter, key, parent: chainID, labels };
    return (await grpc.call<{ mounts: FilesystemMount[] }>(`${service}View`, request)).mounts;
  } catch (error) {
    if ((error as { code?: number }).code !== alreadyExists) throw error;
    return (await grpc.call<{ mounts: FilesystemMount[] }>(`${service}Mounts`, { snapshotter, key })).mounts;
  }
}

/** Removes all views of a pod; their mounts are gone by then. */
export async function removeViewsOf(grpc: GrpcClient, snapshotter: string, podUid: string): Promise<void> {
  const request = { snapshotter, filters: [`labels."${podLabel}"=="${podUid}"`] };
  const keys: string[] = [];
  for await (const { info } of grpc.stream<{ info: { name: string }[] }>(
    `${service}List`,
    request,
    new AbortController().signal,
  ))
    keys.push(...info.map(({ name }) => name));
  for (const key of keys)
    await grpc.call(`${service}Remove`, { snapshotter, key }).catch((error: unknown) => {
      if (!isGrpcNotFound(error)) throw error;
    });
}
