/** The kinds that the cluster has, asked once for all; asked again after CRDs were installed. */
import { apiVersionOf } from '#api/resource-ref.ts';
import type { ApiDiscovery, ApiResource } from '#client/api-discovery.ts';
import { discoverApi } from '#client/api-discovery.ts';
import type { Client } from '#client/client.ts';
import { readBody } from '#client/response-body.ts';
import { errorMessage } from '#base/logger.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';
import { helmApiVersions } from '#platform/charts/releases/cluster/api-versions.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';

/** What the server says of itself at /version. */
interface VersionInfo {
  readonly gitVersion: string;
  readonly major: string;
  readonly minor: string;
}

/** Answers are kept until {@link ClusterResources.forget}. */
export class ClusterResources {
  readonly #client: Client;
  #discovery: Promise<ApiDiscovery> | undefined;
  #byKind: Promise<ReadonlyMap<string, ApiResource>> | undefined;
  #version: Promise<VersionInfo> | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Throws Helm's "Kubernetes cluster unreachable". */
  async reach(): Promise<void> {
    this.#version ??= this.#askVersion();
    try {
      await this.#version;
    } catch (error) {
      this.#version = undefined;
      throw new ReleaseError(`Kubernetes cluster unreachable: ${errorMessage(error)}`);
    }
  }

  /** What templates may ask; `debug` hears of servers that do not answer. */
  async capabilities(debug: (message: string) => void): Promise<Capabilities> {
    this.#version ??= this.#askVersion();
    const [version, discovery] = await Promise.all([this.#version, this.discovery()]);
    for (const [groupVersion, reason] of discovery.failures) {
      debug(
        `WARNING: The Kubernetes server has an orphaned API service. Server reports: unable to retrieve the complete list of server APIs: ${groupVersion}: ${reason}`,
      );
      debug('WARNING: To fix this, kubectl delete apiservice <service-name>');
    }
    return {
      kubeVersion: { version: version.gitVersion, major: version.major, minor: version.minor },
      apiVersions: helmApiVersions(discovery),
    };
  }

  /** Asks what the server has before anybody needs the answer. */
  prepare(): void {
    this.discovery().catch(() => this.forget());
  }

  /** Everything the server has. */
  discovery(): Promise<ApiDiscovery> {
    this.#discovery ??= discoverApi(this.#client);
    return this.#discovery;
  }

  /** The resource of a kind, or undefined. */
  async find(apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    this.#byKind ??= this.discovery().then(indexByKind);
    return (await this.#byKind).get(`${apiVersion}/${kind}`);
  }

  /** As {@link find}, but asks the server again before it says no: hooks and others may have installed CRDs. */
  async findAnew(apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    const isFresh = this.#discovery === undefined;
    const found = await this.find(apiVersion, kind);
    if (found !== undefined || isFresh) return found;
    this.forget();
    return this.find(apiVersion, kind);
  }

  /** Makes the next question ask the server. */
  forget(): void {
    this.#discovery = undefined;
    this.#byKind = undefined;
  }

  async #askVersion(): Promise<VersionInfo> {
    const response = await this.#client.request({ method: 'GET', path: '/version' });
    return JSON.parse(new TextDecoder().decode(await readBody(response))) as VersionInfo;
  }
}

function indexByKind({ resources }: ApiDiscovery): Map<string, ApiResource> {
  const byKind = new Map<string, ApiResource>();
  for (const resource of resources) {
    const key = `${apiVersionOf(resource)}/${resource.kind}`;
    if (!byKind.has(key)) byKind.set(key, resource);
  }
  return byKind;
}
