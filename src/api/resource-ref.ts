/**
 * A typed pointer to a resource of the API: what a client, a lister or a controller needs to name it.
 * The built-in ones are in generated/resources.ts (`pods`, `deployments`, …).
 */
export interface ResourceRef<T = unknown> {
  /** API group, '' for core. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural as in the URL. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Carries the object's type; never set. */
  readonly __type?: T;
}

/** `pods`, `deployments.apps`: how Kubernetes prints a resource in messages. */
export function groupResource(ref: { group: string; plural: string }): string {
  return ref.group === '' ? ref.plural : `${ref.plural}.${ref.group}`;
}

/** `v1`, `apps/v1`: the apiVersion of a resource's objects. */
export function apiVersionOf(ref: { group: string; version: string }): string {
  return ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
}

/** URL path below the server: `/api/v1/namespaces/NS/pods/NAME/SUB`. An absent namespace lists all of them. */
export function resourcePath(ref: ResourceRef, namespace?: string, name?: string, subresource?: string): string {
  const base = ref.group === '' ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`;
  const scope = ref.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  const item = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${base}${scope}/${ref.plural}${item}${subresource === undefined ? '' : `/${subresource}`}`;
}
