/** `helm env [NAME]`: the settings as environment variables. */
import type { HelmContext } from '#cmd/helm/context.ts';
import { namespaceOf } from '#cmd/helm/namespace.ts';
import { helmHomes, maxHistory } from '#cmd/helm/settings.ts';

/** Prints all variables, or the value of one: empty if there is no such variable. */
export async function env(_flags: unknown, [name]: readonly string[], context: HelmContext): Promise<void> {
  const variables = await helmVariables(context);
  if (name !== undefined) return context.write(`${variables[name] ?? ''}\n`);
  for (const [key, value] of Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1)))
    context.write(`${key}="${value}"\n`);
}

async function helmVariables(context: HelmContext): Promise<Record<string, string>> {
  const { settings, environment } = context;
  const homes = helmHomes(environment);
  return {
    HELM_BIN: environment['HELM_BIN'] ?? process.argv[1] ?? 'helm',
    HELM_BURST_LIMIT: String(settings.burstLimit),
    HELM_CACHE_HOME: homes.cache,
    HELM_CONFIG_HOME: homes.config,
    HELM_DATA_HOME: homes.data,
    HELM_DEBUG: String(settings.debug),
    HELM_KUBEAPISERVER: settings.kubeApiserver,
    HELM_KUBEASGROUPS: settings.kubeAsGroup.join(','),
    HELM_KUBEASUSER: settings.kubeAsUser,
    HELM_KUBECAFILE: settings.kubeCaFile,
    HELM_KUBECONTEXT: settings.kubeContext,
    HELM_KUBEINSECURE_SKIP_TLS_VERIFY: String(settings.kubeInsecureSkipTlsVerify),
    HELM_KUBETLS_SERVER_NAME: settings.kubeTlsServerName,
    HELM_KUBETOKEN: settings.kubeToken,
    HELM_MAX_HISTORY: String(maxHistory(environment)),
    HELM_NAMESPACE: await namespaceOf(context),
    HELM_PLUGINS: environment['HELM_PLUGINS'] ?? `${homes.data}/plugins`,
    HELM_QPS: settings.qps.toFixed(2),
    HELM_REGISTRY_CONFIG: settings.registryConfig,
    HELM_REPOSITORY_CACHE: settings.repositoryCache,
    HELM_REPOSITORY_CONFIG: settings.repositoryConfig,
    ...(settings.kubeconfig === '' ? {} : { KUBECONFIG: settings.kubeconfig }),
  };
}
