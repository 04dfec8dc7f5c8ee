/** How objects meet their schema in the registry: settled into the form that is stored and answered. */
import { cloneJson } from '#base/immutable.ts';
import { normalize } from '#api/schema/normalize.ts';
import type { KubeObject } from '#api/object.ts';
import type { Endpoint } from '#apiserver/registry/endpoint.ts';

type Fields = Record<string, unknown>;

/** After hooks changed an object: empty fields dropped and zero ones added, as Go would print it. Changes the object. */
export function settle(endpoint: Endpoint, object: KubeObject): void {
  thaw(object, 2);
  const settled = normalize(object, endpoint.schema);
  if (settled === object) return;
  for (const key of Object.keys(object)) if (!Object.hasOwn(settled, key)) delete object[key];
  Object.assign(object, settled);
}

/** Hooks carry over parts of the stored object, which is frozen: copies them, `depth` levels down. */
function thaw(object: Fields, depth: number): void {
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (typeof value !== 'object' || value === null) continue;
    if (Object.isFrozen(value)) object[key] = cloneJson(value);
    else if (depth > 1) thaw(value as Fields, depth - 1);
  }
}
