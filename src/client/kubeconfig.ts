/**
 * kubeconfig: which cluster, as whom. Reading picks a context and says how to connect; writing makes the file of one cluster.
 * Files and YAML are the caller's: this is about the values. Exec plugins and auth providers are not supported.
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */

/** How to reach an API server. PEM texts, or the files that hold them (relative to the kubeconfig's folder). */
export interface ClusterConnection {
  /** `https://host:port/prefix`, or `unix:/path`. */
  readonly server: string;
  readonly authority?: string;
  readonly authorityFile?: string;
  readonly skipsVerification?: boolean;
  /** The name to verify instead of the host's. */
  readonly serverName?: string;
  readonly certificate?: string;
  readonly certificateFile?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** Of the context; 'default' if it names none. */
  readonly namespace: string;
}

/** A kubeconfig that cannot be used; the message says what to do. */
export class KubeconfigError extends Error {
  override name = 'KubeconfigError';
}

interface Named {
  readonly name?: string;
  readonly [entry: string]: unknown;
}
interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly Named[] | null;
  readonly users?: readonly Named[] | null;
  readonly contexts?: readonly Named[] | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** The connection of a context (the current one if none is named) of a parsed kubeconfig. Throws KubeconfigError. */
export function connectionOf(value: unknown, contextName?: string): ClusterConnection {
  if (typeof value !== 'object' || value === null) throw new KubeconfigError('the kubeconfig is empty');
  const config = value as Kubeconfig;
  const name = contextName ?? config['current-context'] ?? '';
  if (name === '') throw new KubeconfigError('the kubeconfig has no current-context: name one with --context');
  const context = entry(config.contexts, 'context', name);
  const cluster = entry(config.clusters, 'cluster', text(context, 'cluster') ?? '');
  const userName = text(context, 'user');
  const user = userName === undefined ? {} : entry(config.users, 'user', userName);
  for (const unsupported of ['exec', 'auth-provider']) {
    if (user[unsupported] !== undefined)
      throw new KubeconfigError(
        `user "${userName}" of the kubeconfig signs in by ${unsupported}, which is not supported: use a certificate or a token`,
      );
  }
  const server = text(cluster, 'server');
  if (server === undefined)
    throw new KubeconfigError(`cluster "${text(context, 'cluster')}" of the kubeconfig has no server`);
  return { server, namespace: text(context, 'namespace') ?? 'default', ...trustOf(cluster), ...credentialsOf(user) };
}

function trustOf(cluster: Fields): Partial<ClusterConnection> {
  return present({
    authority: decoded(cluster, 'certificate-authority-data'),
    authorityFile: text(cluster, 'certificate-authority'),
    skipsVerification: cluster['insecure-skip-tls-verify'] === true ? true : undefined,
    serverName: text(cluster, 'tls-server-name'),
  });
}

function credentialsOf(user: Fields): Partial<ClusterConnection> {
  return present({
    certificate: decoded(user, 'client-certificate-data'),
    certificateFile: text(user, 'client-certificate'),
    key: decoded(user, 'client-key-data'),
    keyFile: text(user, 'client-key'),
    token: text(user, 'token'),
    tokenFile: text(user, 'tokenFile'),
  });
}

function entry(list: readonly Named[] | null | undefined, kind: string, name: string): Fields {
  const found = list?.find((item) => item.name === name)?.[kind];
  if (typeof found !== 'object' || found === null) throw new KubeconfigError(`the kubeconfig has no ${kind} "${name}"`);
  return found as Fields;
}

function text(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function decoded(fields: Fields, key: string): string | undefined {
  const value = text(fields, key);
  return value === undefined
    ? undefined
    : new TextDecoder().decode(Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0)));
}

function present(fields: Record<string, unknown>): Partial<ClusterConnection> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export interface KubeconfigOptions {
  /** Names the cluster, the context and (with `admin@` before it) the user. */
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly authority: string;
  readonly userName: string;
  /** PEM; or a token. */
  readonly certificate?: string;
  readonly key?: string;
  readonly token?: string;
  readonly namespace?: string;
}

/** A kubeconfig of one cluster and one user, as YAML. */
export function kubeconfigText(options: KubeconfigOptions): string {
  const { name, userName } = options;
  const contextName = name;
  const credentials = [
    ...(options.certificate === undefined ? [] : [`    client-certificate-data: ${base64(options.certificate)}`]),
    ...(options.key === undefined ? [] : [`    client-key-data: ${base64(options.key)}`]),
    ...(options.token === undefined ? [] : [`    token: ${JSON.stringify(options.token)}`]),
  ];
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `- name: ${JSON.stringify(name)}`,
    '  cluster:',
    `    server: ${JSON.stringify(options.server)}`,
    `    certificate-authority-data: ${base64(options.authority)}`,
    'contexts:',
    `- name: ${JSON.stringify(contextName)}`,
    '  context:',
    `    cluster: ${JSON.stringify(name)}`,
    `    user: ${JSON.stringify(userName)}`,
    ...(options.namespace === undefined ? [] : [`    namespace: ${JSON.stringify(options.namespace)}`]),
    `current-context: ${JSON.stringify(contextName)}`,
    'preferences: {}',
    'users:',
    `- name: ${JSON.stringify(userName)}`,
    ...(credentials.length === 0 ? ['  user: {}'] : ['  user:', ...credentials]),
    '',
  ].join('\n');
}

function base64(pem: string): string {
  return btoa(pem);
}
