/** The namespace to work in: the flag's, else the kubeconfig context's, else default. */
import { existsSync, readFileSync } from 'node:fs';
import type { HelmContext } from '#cmd/helm/context.ts';
import { kubeconfigPaths } from '#cmd/helm/settings.ts';

/** A kubeconfig that cannot be read counts as none, as in Helm. */
export async function namespaceOf(context: Pick<HelmContext, 'settings' | 'environment'>): Promise<string> {
  const { settings, environment } = context;
  if (settings.namespace !== '') return settings.namespace;
  const paths = kubeconfigPaths(settings, environment).filter((path) => existsSync(path));
  if (paths.length === 0) return 'default';
  const { loadYaml } = await import('#lang/yaml/to-json.ts');
  try {
    return contextNamespace(
      paths.map((path) => loadYaml(readFileSync(path, 'utf8'))),
      settings.kubeContext,
    );
  } catch {
    return 'default';
  }
}

interface KubeconfigFile {
  readonly 'current-context'?: string | null;
  readonly contexts?: readonly { readonly name?: string; readonly context?: { readonly namespace?: string } }[] | null;
}

function contextNamespace(files: readonly unknown[], wanted: string): string {
  const configs = files as readonly (KubeconfigFile | null)[];
  const name = wanted || configs.map((config) => config?.['current-context']).find((current) => (current ?? '') !== '');
  const found = configs.flatMap((config) => config?.contexts ?? []).find((context) => context.name === name);
  return (found?.context?.namespace ?? '') || 'default';
}
