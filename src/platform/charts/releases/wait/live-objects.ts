/**
 * What waiting looks at: the newest state of some objects, kept by watches. Nothing is polled, except where the server
 * forbids watching: then the objects are read every two seconds.
 *
 * Deviation: Helm always polls.
 */
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/clock.ts';
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { isForbidden, isStatusError } from '#api/status.ts';
import type { Client, WatchEvent } from '#client/client.ts';

/** Which objects are looked at: all of a namespace, one by name, or those with labels. */
export interface Selection {
  readonly resource: ResourceRef<HasMetadata>;
  readonly namespace: string;
  readonly name?: string;
  readonly labelSelector?: string;
}

const pollMs = 2000;
const retryMs = 1000;

/**
 * 1. `#objects` is what the last list and every event since say.
 * 2. A listener hears of every change after `get` and `list` show it.
 */
export class LiveObjects {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #changed: () => void;
  readonly #selections = new Map<string, Promise<Map<string, HasMetadata>>>();
  readonly #failed: (error: unknown) => void;

  constructor(
    ports: { readonly client: Client; readonly clock: Clock; readonly signal: AbortSignal },
    hears: { changed(): void; failed(error: unknown): void },
  ) {
    this.#client = ports.client;
    this.#clock = ports.clock;
    this.#signal = ports.signal;
    this.#changed = () => hears.changed();
    this.#failed = (error) => hears.failed(error);
  }

  /** One object, or undefined if it is not there. The first call lists and starts to watch. Throws what the list throws. */
  async get(resource: ResourceRef<HasMetadata>, key: ObjectKey): Promise<HasMetadata | undefined> {
    const objects = await this.#select({ resource, namespace: key.namespace, name: key.name });
    return objects.get(key.name);
  }

  /** All objects with the labels. */
  async list(selection: Selection): Promise<HasMetadata[]> {
    return [...(await this.#select(selection)).values()];
  }

  #select(selection: Selection): Promise<Map<string, HasMetadata>> {
    const { resource, namespace, name = '', labelSelector = '' } = selection;
    const key = `${resource.group}/${resource.version}/${resource.plural}/${namespace}/${name}/${labelSelector}`;
    let objects = this.#selections.get(key);
    if (objects === undefined) {
      objects = this.#start(selection);
      this.#selections.set(key, objects);
      // A list that failed may be tried again.
      objects.catch(() => this.#selections.delete(key));
    }
    return objects;
  }

  async #start(selection: Selection): Promise<Map<string, HasMetadata>> {
    const objects = new Map<string, HasMetadata>();
    const revision = await this.#list(selection, objects);
    void this.#follow(selection, objects, revision).catch((error: unknown) => {
      if (!this.#signal.aborted) this.#failed(error);
    });
    return objects;
  }

  async #list(selection: Selection, objects: Map<string, HasMetadata>): Promise<string> {
    const list = await this.#client.list(selection.resource, { ...this.#query(selection), signal: this.#signal });
    objects.clear();
    for (const item of list.items) objects.set(item.metadata.name ?? '', item);
    return list.metadata.resourceVersion ?? '';
  }

  #query({ resource, namespace, name, labelSelector }: Selection) {
    return {
      ...(resource.namespaced ? { namespace } : {}),
      ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
  }

  async #follow(selection: Selection, objects: Map<string, HasMetadata>, from: string): Promise<void> {
    let revision = from;
    let canWatch = true;
    while (!this.#signal.aborted) {
      try {
        if (canWatch) revision = await this.#watch(selection, objects, revision);
        else await sleep(this.#clock, pollMs, this.#signal);
      } catch (error) {
        if (this.#signal.aborted) return;
        // 405: the resource has no watch. 410 and broken connections: list again.
        if (isForbidden(error) || (isStatusError(error) && error.code === 405)) canWatch = false;
        else await sleep(this.#clock, retryMs, this.#signal);
        revision = '';
      }
      if (this.#signal.aborted) return;
      if (!canWatch || revision === '') {
        revision = await this.#list(selection, objects);
        this.#changed();
      }
    }
  }

  async #watch(selection: Selection, objects: Map<string, HasMetadata>, from: string): Promise<string> {
    let revision = from;
    const events: AsyncIterable<WatchEvent<HasMetadata>> = this.#client.watch(selection.resource, {
      ...this.#query(selection),
      resourceVersion: from,
      allowWatchBookmarks: true,
      signal: this.#signal,
    });
    for await (const { type, object } of events) {
      revision = object.metadata.resourceVersion ?? revision;
      if (type === 'BOOKMARK') continue;
      const name = object.metadata.name ?? '';
      if (type === 'DELETED') objects.delete(name);
      else objects.set(name, object);
      this.#changed();
    }
    return revision;
  }
}
