/** Helm's environment variables and the flags that every command takes. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { FlagValues } from '#cmd/helm/line/flag.ts';
import { bool, boolOf, float, int, text, texts } from '#cmd/helm/line/flag.ts';

/** The process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The folders below which Helm keeps its files; no trailing slash. */
export interface HelmHomes {
  readonly cache: string;
  readonly config: string;
  readonly data: string;
}

/** HELM_*_HOME, else XDG_*_HOME/helm, else the usual folders of the system. */
export function helmHomes(environment: Environment): HelmHomes {
  const mac = process.platform === 'darwin' ? join(homedir(), 'Library') : undefined;
  const home = (helm: string, xdg: string, usual: string): string => {
    const own = environment[helm] ?? '';
    if (own !== '') return join(own);
    return join((environment[xdg] ?? '') || usual, 'helm');
  };
  return {
    cache: home(
      'HELM_CACHE_HOME',
      'XDG_CACHE_HOME',
      mac === undefined ? join(homedir(), '.cache') : join(mac, 'Caches'),
    ),
    config: home(
      'HELM_CONFIG_HOME',
      'XDG_CONFIG_HOME',
      mac === undefined ? join(homedir(), '.config') : join(mac, 'Preferences'),
    ),
    data: home('HELM_DATA_HOME', 'XDG_DATA_HOME', mac ?? join(homedir(), '.local/share')),
  };
}

/** The flags of every command, with the defaults that the environment gives. */
export function globalFlags(environment: Environment) {
  const homes = helmHomes(environment);
  const given = (name: string): string => environment[name] ?? '';
  const groups = given('HELM_KUBEASGROUPS').replace(/^[, ]+|[, ]+$/g, '');
  return {
    namespace: text('the namespace to work in', { short: 'n', initial: given('HELM_NAMESPACE') }),
    kubeconfig: text('the kubeconfig file'),
    kubeContext: text('the context of the kubeconfig to use', { initial: given('HELM_KUBECONTEXT') }),
    kubeToken: text('bearer token to authenticate with', { initial: given('HELM_KUBETOKEN') }),
    kubeAsUser: text('user to act as', { initial: given('HELM_KUBEASUSER') }),
    kubeAsGroup: texts('group to act as; may be given often', { initial: groups === '' ? [] : groups.split(',') }),
    kubeApiserver: text('address of the API server', { initial: given('HELM_KUBEAPISERVER') }),
    kubeCaFile: text("certificate authority of the API server's certificate", { initial: given('HELM_KUBECAFILE') }),
    kubeTlsServerName: text("the name expected in the API server's certificate", {
      initial: given('HELM_KUBETLS_SERVER_NAME'),
    }),
    kubeInsecureSkipTlsVerify: bool("take any certificate of the API server's", {
      initial: boolOf(given('HELM_KUBEINSECURE_SKIP_TLS_VERIFY')) ?? false,
    }),
    debug: bool('print what is being done', { initial: boolOf(given('HELM_DEBUG')) ?? false }),
    registryConfig: text("file of the registries' credentials", {
      initial: environment['HELM_REGISTRY_CONFIG'] ?? join(homes.config, 'registry/config.json'),
    }),
    repositoryConfig: text('file of repository names and addresses', {
      initial: environment['HELM_REPOSITORY_CONFIG'] ?? join(homes.config, 'repositories.yaml'),
    }),
    repositoryCache: text('folder of the repositories’ cached indexes', {
      initial: environment['HELM_REPOSITORY_CACHE'] ?? join(homes.cache, 'repository'),
    }),
    burstLimit: int('most requests at once', { initial: integerOf(given('HELM_BURST_LIMIT')) ?? 100 }),
    qps: float('requests per second', { initial: Math.fround(Number.parseFloat(given('HELM_QPS')) || 0) }),
    // Flags of Go's logger: read and left alone.
    ...loggerFlags,
  };
}

const loggerFlags = {
  v: text('', { short: 'v', hidden: true }),
  vmodule: text('', { hidden: true }),
  logDir: text('', { hidden: true }),
  logFile: text('', { hidden: true }),
  logtostderr: bool('', { hidden: true }),
  alsologtostderr: bool('', { hidden: true }),
  stderrthreshold: text('', { hidden: true }),
};

/** What the flags of every command say. */
export type Settings = FlagValues<ReturnType<typeof globalFlags>>;

/** HELM_MAX_HISTORY, 10 if it is not a number. */
export function maxHistory(environment: Environment): number {
  return integerOf(environment['HELM_MAX_HISTORY'] ?? '') ?? 10;
}

function integerOf(given: string): number | undefined {
  return /^[+-]?\d+$/.test(given) ? Number(given) : undefined;
}

/** The kubeconfig files that are looked into, the first that exists wins a field. */
export function kubeconfigPaths(settings: Settings, environment: Environment): string[] {
  if (settings.kubeconfig !== '') return [settings.kubeconfig];
  const named = (environment['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '');
  return named.length > 0 ? named : [join(homedir(), '.kube/config')];
}
