/** Groups, versions and kinds, and which of them are built in. */
import { isBuiltinDefinition } from '#api/schema/schemas.ts';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** `apps/v1`, `v1`. */
export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** Undefined if there are two slashes or more. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } | undefined {
  if (apiVersion === '' || apiVersion === '/') return { group: '', version: '' };
  const parts = apiVersion.split('/');
  if (parts.length === 1) return { group: '', version: apiVersion };
  return parts.length === 2 ? { group: parts[0] as string, version: parts[1] as string } : undefined;
}

const unusual: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
  'meta.k8s.io': 'io.k8s.apimachinery.pkg.apis.meta',
};
/** Kinds that every group has. */
const everywhere: ReadonlySet<string> = new Set([
  'DeleteOptions',
  'CreateOptions',
  'UpdateOptions',
  'PatchOptions',
  'ListOptions',
  'GetOptions',
  'WatchEvent',
  'Status',
]);

/** Kinds of meta/v1 that belong to every group: `DeleteOptions` of apps/v1 is that of v1. */
export function isKindOfEveryGroup(kind: string): boolean {
  return everywhere.has(kind);
}

/** The definition of a built-in kind, `io.k8s.api.apps.v1.Deployment`, or undefined. */
export function definitionOfKind(kind: GroupVersionKind): string | undefined {
  const packageName = unusual[kind.group] ?? `io.k8s.api.${kind.group.split('.')[0]}`;
  const isOfGroup =
    kind.group === '' ||
    unusual[kind.group] !== undefined ||
    kind.group.endsWith('.k8s.io') ||
    !kind.group.includes('.');
  if (isKindOfEveryGroup(kind.kind)) return `io.k8s.apimachinery.pkg.apis.meta.v1.${kind.kind}`;
  const definition = `${packageName}.${kind.version}.${kind.kind}`;
  return isOfGroup && isBuiltinDefinition(definition) ? definition : undefined;
}
