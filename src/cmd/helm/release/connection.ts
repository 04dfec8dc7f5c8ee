/** The cluster that a line means, and the context that release operations work in. */
import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { isatty } from 'node:tty';
import type { Handler } from '#api/handler.ts';
import { createClient } from '#client/handler-client.ts';
import { connectionOf } from '#client/kubeconfig.ts';
import type { ClusterConnection } from '#client/kubeconfig.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { templateFunctions } from '#cmd/helm/functions.ts';
import { namespaceOf } from '#cmd/helm/namespace.ts';
import type { Settings } from '#cmd/helm/settings.ts';
import { kubeconfigPaths } from '#cmd/helm/settings.ts';
import { networkError } from '#cmd/helm/release/network-words.ts';
import { releaseCompression } from '#host/charts/release-compression.ts';
import { createHttpHandler } from '#host/http/client.ts';
import { connectionFrom } from '#host/kubeconfig-file.ts';
import { systemClock } from '#host/system-clock.ts';
import { systemRandom } from '#host/system-random.ts';
import { loadYaml } from '#lang/yaml/to-json.ts';
import type { Chart } from '#platform/charts/chart.ts';
import type { ObjectFailure } from '#platform/charts/releases/cluster/objects.ts';
import { releaseContext } from '#platform/charts/releases/context.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';

/** What an operation gets. */
export interface Releases extends ReleaseContext {
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * Runs an operation against the cluster; closes what was opened. `namespace` '' stands for all of them. Of a `chart` whose
 * objects the server refuses a terminal is shown where the refused fields come from.
 */
export async function withReleases<T>(
  context: HelmContext,
  work: (releases: Releases) => Promise<T>,
  options: { readonly namespace?: string; readonly chart?: Chart; onSignal?(): void } = {},
): Promise<T> {
  const namespace = options.namespace ?? (await namespaceOf(context));
  const cluster = clusterOf(context);
  const http = createHttpHandler(await connectionFrom(cluster, '.', systemClock));
  const handle: Handler = (request) =>
    http.handle(request).catch((error: unknown) => {
      throw networkError(error, request, cluster.server);
    });
  const controller = new AbortController();
  const failures: ObjectFailure[] = [];
  const stop = (): void => {
    options.onSignal?.();
    controller.abort(new Error('context canceled'));
  };
  // Timers of the clock let the process end; this one holds it while there is work.
  const hold = setInterval(() => {}, 1 << 30);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    const ports = releaseContext({
      client: createClient(actingAs(context.settings, handle), { userAgent: 'Helm/3.22' }),
      namespace,
      clock: systemClock,
      random: systemRandom,
      compression: releaseCompression,
      functions: templateFunctions(),
      driver: context.environment['HELM_DRIVER'] ?? '',
      identity: `${userInfo().username}@${hostname()}`,
      debug: (message) => debug(context, message),
      warn: (message) => context.warn(message),
      hookOutput: (_source, text) => context.writeError(text),
      objectFailed: (failure) => failures.push(failure),
    });
    return await work({ ...ports, signal: controller.signal });
  } catch (error) {
    if (options.chart !== undefined && isatty(2)) await showPlaces(failures, options.chart, context);
    throw error;
  } finally {
    clearInterval(hold);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    http.close();
  }
}

/** Deviation: beside Helm's message the template's line, the field and the value's path; scripts see Helm's message alone. */
async function showPlaces(failures: readonly ObjectFailure[], chart: Chart, context: HelmContext): Promise<void> {
  const { failurePlaces, failureText } = await import('#platform/charts/releases/review/failure-places.ts');
  const text = failureText(failures.flatMap((failure) => failurePlaces(failure, chart))).trimEnd();
  if (text !== '') context.warn(text);
}

/** A line of --debug. */
export function debug(context: HelmContext, message: string): void {
  if (context.settings.debug) context.warn(`${new Date().toISOString()} [debug] ${message}`);
}

function actingAs({ kubeAsUser, kubeAsGroup }: Settings, handle: Handler): Handler {
  if (kubeAsUser === '' && kubeAsGroup.length === 0) return handle;
  const identity: Record<string, string> = kubeAsUser === '' ? {} : { 'impersonate-user': kubeAsUser };
  if (kubeAsGroup.length > 0) identity['impersonate-group'] = kubeAsGroup.join(', ');
  return (request) => handle({ ...request, headers: { ...request.headers, ...identity } });
}

/** The kubeconfig's cluster with what the flags say otherwise; without any, the address that clients of Kubernetes assume. */
function clusterOf(context: HelmContext): ClusterConnection {
  const { settings } = context;
  const found = kubeconfigCluster(context) ?? { server: 'http://localhost:8080', namespace: 'default' };
  const changed: Record<string, string | boolean> = {};
  if (settings.kubeApiserver !== '') changed['server'] = serverAddress(settings.kubeApiserver);
  if (settings.kubeToken !== '') changed['token'] = settings.kubeToken;
  if (settings.kubeCaFile !== '') changed['authorityFile'] = resolve(settings.kubeCaFile);
  if (settings.kubeTlsServerName !== '') changed['serverName'] = settings.kubeTlsServerName;
  if (settings.kubeInsecureSkipTlsVerify) changed['skipsVerification'] = true;
  const { authority, ...rest } = found;
  return { ...(settings.kubeCaFile === '' && authority !== undefined ? { authority } : {}), ...rest, ...changed };
}

function serverAddress(given: string): string {
  return /^[a-z]+:/.test(given) ? given : `http://${given}`;
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly Entry[];
  readonly users?: readonly Entry[];
  readonly contexts?: readonly Entry[];
}

interface Entry {
  readonly name?: string;
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
}

function kubeconfigCluster({ settings, environment }: HelmContext): ClusterConnection | undefined {
  const paths = kubeconfigPaths(settings, environment);
  const files = paths.filter((path) => existsSync(path)).map(readKubeconfigFile);
  if (files.length === 0 && settings.kubeconfig !== '')
    throw new Error(`Kubernetes cluster unreachable: stat ${settings.kubeconfig}: no such file or directory`);
  // Of several files the first one that has an entry counts.
  const merged = {
    'current-context': files.map((file) => file['current-context'] ?? '').find((name) => name !== '') ?? '',
    clusters: files.flatMap((file) => file.clusters ?? []),
    users: files.flatMap((file) => file.users ?? []),
    contexts: files.flatMap((file) => file.contexts ?? []),
  };
  const name = settings.kubeContext || merged['current-context'];
  if (name === '') return undefined;
  if (!merged.contexts.some((context) => context.name === name))
    throw new Error(`Kubernetes cluster unreachable: context ${JSON.stringify(name)} does not exist`);
  return connectionOf(merged, name);
}

/** Files that a kubeconfig names are relative to its folder. */
function readKubeconfigFile(path: string): Kubeconfig {
  const file = (loadYaml(readFileSync(path, 'utf8')) ?? {}) as Kubeconfig;
  const folder = dirname(resolve(path));
  const absolute = (fields: Readonly<Record<string, unknown>> | undefined, keys: readonly string[]) =>
    Object.fromEntries(
      Object.entries(fields ?? {}).map(([key, value]) => [
        key,
        keys.includes(key) && typeof value === 'string' && value !== '' ? resolve(folder, value) : value,
      ]),
    );
  const users = ['client-certificate', 'client-key', 'tokenFile'];
  return {
    ...file,
    clusters: (file.clusters ?? []).map((entry) => ({
      ...entry,
      cluster: absolute(entry.cluster, ['certificate-authority']),
    })),
    users: (file.users ?? []).map((entry) => ({ ...entry, user: absolute(entry.user, users) })),
  };
}
