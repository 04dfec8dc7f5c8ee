/** How objects meet their schema in the registry: settled into the form that is stored and answered. */
import { normalize } from '#api/schema/normalize.ts';
import type { KubeObject } from '#api/object.ts';
import type { Endpoint } from '#apiserver/registry/endpoint.ts';

/** After hooks changed an object: empty fields dropped and zero ones added, as Go would print it. Changes the object. */
export function settle(endpoint: Endpoint, object: KubeObject): void {
  const settled = normalize(object, endpoint.schema);
  if (settled === object) return;
  for (const key of Object.keys(object)) if (!Object.hasOwn(settled, key)) delete object[key];
  Object.assign(object, settled);
}
