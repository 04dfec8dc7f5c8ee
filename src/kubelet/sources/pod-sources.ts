/** The ConfigMaps and Secrets of one pod: held while the pod lives, so that changes reach its volumes without polling. */
import type { ConfigMap, Secret } from '#api/generated/core/v1.ts';
import { configmaps, secrets } from '#api/generated/resources.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { HeldObject, ObjectSources } from '#kubelet/sources/object-sources.ts';

export class PodSources {
  readonly #sources: ObjectSources;
  readonly #namespace: string;
  readonly #configMaps = new Map<string, HeldObject<ConfigMap>>();
  readonly #secrets = new Map<string, HeldObject<Secret>>();
  #onChange: () => void = () => {};

  constructor(sources: ObjectSources, namespace: string) {
    this.#sources = sources;
    this.#namespace = namespace;
  }

  configMap(name: string): Promise<DeepReadonly<ConfigMap> | undefined> {
    let held = this.#configMaps.get(name);
    if (held === undefined) {
      held = this.#sources.hold(configmaps, { namespace: this.#namespace, name });
      held.onChange(() => this.#onChange());
      this.#configMaps.set(name, held);
    }
    return held.current();
  }

  secret(name: string): Promise<DeepReadonly<Secret> | undefined> {
    let held = this.#secrets.get(name);
    if (held === undefined) {
      held = this.#sources.hold(secrets, { namespace: this.#namespace, name });
      held.onChange(() => this.#onChange());
      this.#secrets.set(name, held);
    }
    return held.current();
  }

  /** One listener: something that was asked for has changed. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  release(): void {
    for (const held of [...this.#configMaps.values(), ...this.#secrets.values()]) held.release();
    this.#configMaps.clear();
    this.#secrets.clear();
  }
}
