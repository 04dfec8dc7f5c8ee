/**
 * The client of the Kubernetes API: typed by resource references, over any Handler (our server's function, or a
 * connection to any Kubernetes made by host/http/client.ts from a kubeconfig).
 *
 *   const pod = await client.get(pods, { namespace: 'default', name: 'web' });
 *   for await (const event of client.watch(pods, { namespace: 'default' })) …
 *
 * Failures are thrown as StatusError. Objects answered belong to the caller.
 */
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';

export interface Client {
  get<T extends HasMetadata>(resource: ResourceRef<T>, key: ObjectKey, options?: CallOptions): Promise<T>;
  /** Undefined instead of NotFound. */
  find<T extends HasMetadata>(resource: ResourceRef<T>, key: ObjectKey, options?: CallOptions): Promise<T | undefined>;
  list<T extends HasMetadata>(resource: ResourceRef<T>, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends HasMetadata>(resource: ResourceRef<T>, object: T, options?: WriteCallOptions): Promise<T>;
  update<T extends HasMetadata>(resource: ResourceRef<T>, object: T, options?: WriteCallOptions): Promise<T>;
  updateStatus<T extends HasMetadata>(resource: ResourceRef<T>, object: T, options?: WriteCallOptions): Promise<T>;
  patch<T extends HasMetadata>(
    resource: ResourceRef<T>,
    key: ObjectKey,
    patch: unknown,
    options: PatchCallOptions,
  ): Promise<T>;
  delete(resource: ResourceRef, key: ObjectKey, options?: DeleteCallOptions): Promise<void>;
  deleteCollection(resource: ResourceRef, options: ListOptions & DeleteCallOptions): Promise<void>;
  /** POST to a subresource with a body of its own kind (binding, eviction, token, scale). */
  createSubresource<B, R>(
    resource: ResourceRef,
    key: ObjectKey,
    subresource: string,
    body: B,
    options?: WriteCallOptions,
  ): Promise<R>;
  /** Ends when the server ends the watch; an ERROR event is thrown as StatusError. */
  watch<T extends HasMetadata>(resource: ResourceRef<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Any other request; the path is below the server's root. Answers of 400 and more are thrown. */
  request(request: RawRequest): Promise<ApiResponse>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly subresource?: string;
}
export interface ListOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}
export interface WatchOptions extends ListOptions {
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}
export interface WriteCallOptions extends CallOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';
export interface PatchCallOptions extends WriteCallOptions {
  readonly type: PatchType;
  /** Apply only. */
  readonly force?: boolean;
}
export interface DeleteCallOptions extends CallOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}
export interface KubeList<T> {
  readonly items: T[];
  readonly metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
}
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}
export type RawRequest = Pick<ApiRequest, 'method' | 'path'> &
  Partial<Pick<ApiRequest, 'query' | 'headers' | 'body' | 'signal'>>;
