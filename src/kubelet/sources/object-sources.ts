/** ConfigMaps and Secrets that the node's pods use: one watch per object, shared by its users, ended with the last one. */
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { Reflector, type ReflectorPorts } from '#client/reflector.ts';

export interface HeldObject<T extends HasMetadata> {
  /** As it is now, after the first answer of the server; undefined: there is none. */
  current(): Promise<DeepReadonly<T> | undefined>;
  /** Called after every change. */
  onChange(listener: () => void): void;
  /** Ends the listeners; the object is dropped with its last user. */
  release(): void;
}

interface Entry<T extends HasMetadata> {
  readonly reflector: Reflector<T>;
  readonly stop: AbortController;
  users: number;
}

export class ObjectSources {
  readonly #ports: Omit<ReflectorPorts, 'signal'>;
  readonly #entries = new Map<string, Entry<HasMetadata>>();

  constructor(ports: Omit<ReflectorPorts, 'signal'>) {
    this.#ports = ports;
  }

  hold<T extends HasMetadata>(resource: ResourceRef<T>, key: ObjectKey): HeldObject<T> {
    const id = `${resource.plural}/${key.namespace}/${key.name}`;
    const entry = this.#entry(resource, key, id);
    const cancels: (() => void)[] = [];
    let held = true;
    return {
      async current() {
        await entry.reflector.synced;
        return entry.reflector.get(key);
      },
      onChange: (listener) => void cancels.push(entry.reflector.subscribe(listener)),
      release: () => {
        if (!held) return;
        held = false;
        for (const cancel of cancels) cancel();
        if (--entry.users > 0) return;
        entry.stop.abort();
        this.#entries.delete(id);
      },
    };
  }

  close(): void {
    for (const entry of this.#entries.values()) entry.stop.abort();
    this.#entries.clear();
  }

  #entry<T extends HasMetadata>(resource: ResourceRef<T>, key: ObjectKey, id: string): Entry<T> {
    const known = this.#entries.get(id) as Entry<T> | undefined;
    if (known !== undefined) {
      known.users++;
      return known;
    }
    const stop = new AbortController();
    const selection = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}` };
    const entry: Entry<T> = {
      reflector: new Reflector(resource, { ...this.#ports, signal: stop.signal }, selection),
      stop,
      users: 1,
    };
    this.#entries.set(id, entry as unknown as Entry<HasMetadata>);
    return entry;
  }
}
