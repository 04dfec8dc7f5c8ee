/**
 * The generic registry: Kubernetes' REST semantics, the same for every kind, over the store. The kinds are handed in as
 * {@link Resource} values, and nothing here knows one of them.
 *
 *   const registry = new Registry({ store, resources: [configmaps, pods], admission: [], … });
 *   const response = await registry.serve(requestInfoOf(request), request, user);
 */
import type { Clock } from '#base/clock.ts';
import type { Gzip } from '#base/compression.ts';
import { assert } from '#base/assert.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import type { ApiRequest, ApiResponse, UserInfo } from '#api/handler.ts';
import type { NodeDialer } from '#api/node-connection.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type {
  AdmissionPlugin,
  Authorizer,
  ClusterSettings,
  Reader,
  Resource,
  TokenIssuer,
  Writer,
} from '#api/resource.ts';
import type { Schemas } from '#api/schema/type-schema.ts';
import { internalError, isStatusError } from '#api/status.ts';
import type { Collection, CollectionDefinition } from '#storage/collection.ts';
import { renderError } from '#apiserver/negotiate.ts';
import { makeCall, type Call, type Core } from '#apiserver/registry/core.ts';
import { viewOf } from '#apiserver/registry/answer.ts';
import { collectionName, collectionOf, type Endpoint, makeEndpoint } from '#apiserver/registry/endpoint.ts';
import { parseQuery } from '#apiserver/registry/query.ts';
import { makeReader } from '#apiserver/registry/reader.ts';
import { noSuchPath } from '#apiserver/registry/route.ts';
import { dispatch, type Connect, type Incoming } from '#apiserver/registry/dispatch.ts';
import { warningHeader } from '#apiserver/registry/warnings.ts';
import { makeWriter } from '#apiserver/registry/writer.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';
import { WatchHub } from '#apiserver/watch/hub.ts';

export interface RegistryOptions {
  /** Makes or finds a collection: a Store. */
  readonly store: { collection(definition: CollectionDefinition): Collection };
  readonly resources: readonly Resource[];
  /** In their order. */
  readonly admission: readonly AdmissionPlugin[];
  readonly schemas: Schemas;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: ClusterSettings;
  /** Asked when an update creates, and by hooks. Made of the reader, since RBAC reads its rules from the store. */
  readonly authorizer: Authorizer | ((reader: Reader) => Authorizer);
  readonly tokens: TokenIssuer | ((reader: Reader) => TokenIssuer);
  readonly nodes: NodeDialer;
  /** Absent: answers are never compressed. */
  readonly gzip?: Gzip | undefined;
  readonly metrics: Metrics;
  /** exec, attach, portforward, log and proxy (apiserver/subresources). Absent: 501. */
  readonly connect?: Connect;
}

/** Of an Event collection; older ones go first. */
const volatileMaxBytes = 32 * 1024 * 1024;

/** Invariant: an endpoint, once there, stays the same object: watches, caches and hubs hang on it. */
export class Registry {
  readonly reader: Reader;
  readonly writer: Writer;
  readonly resources: readonly Resource[];
  readonly authorizer: Authorizer;
  readonly tokens: TokenIssuer;
  readonly #core: Core;
  readonly #options: RegistryOptions;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #hubs = new Map<Endpoint, WatchHub>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.resources = options.resources;
    for (const resource of options.resources) if (resource.storedAs === undefined) this.#add(resource);
    for (const resource of options.resources) if (resource.storedAs !== undefined) this.#add(resource);
    const endpointOf = (resource: ResourceRef): Endpoint => this.#endpointOf(resource);
    this.reader = makeReader(endpointOf);
    this.writer = makeWriter(() => this.#core);
    const { authorizer, tokens } = options;
    this.authorizer = typeof authorizer === 'function' ? authorizer(this.reader) : authorizer;
    this.tokens = typeof tokens === 'function' ? tokens(this.reader) : tokens;
    this.#core = {
      clock: options.clock,
      random: options.random,
      log: options.log,
      settings: options.settings,
      admission: options.admission,
      authorizer: this.authorizer,
      tokens: this.tokens,
      nodes: options.nodes,
      gzip: options.gzip,
      reader: this.reader,
      writer: this.writer,
      endpoint: (group, version, plural) => this.#endpoints.get(endpointKey(group, version, plural)),
      endpointOf,
    };
  }

  /** Answers a resource request. Failures are answers; rejects never. */
  async serve(info: RequestInfo, request: ApiRequest, user: UserInfo): Promise<ApiResponse> {
    const endpoint = this.#endpoints.get(endpointKey(info.group, info.version, info.resource));
    if (endpoint === undefined) return renderError(noSuchPath(), request);
    let call: Call | undefined;
    const callOf = (dryRun: boolean): Call => {
      call ??= makeCall(this.#core, { user, dryRun, request });
      return call;
    };
    let response: ApiResponse;
    try {
      response = await dispatch(this.#core, this.#request(endpoint, info, request, callOf));
    } catch (error) {
      response = this.#failure(error, request);
    }
    const deprecation = endpoint.resource.deprecation;
    const warnings = call?.warnings ?? [];
    return withWarnings(response, deprecation === undefined ? warnings : [deprecation, ...warnings]);
  }

  /** Where the objects of a stored resource are: what in-process caches read. */
  collection(resource: ResourceRef): Collection {
    return collectionOf(this.#endpointOf(resource));
  }

  #request(endpoint: Endpoint, info: RequestInfo, request: ApiRequest, call: (dryRun: boolean) => Call): Incoming {
    const { connect } = this.#options;
    return {
      request,
      info,
      endpoint,
      key: { namespace: endpoint.resource.namespaced ? info.namespace : '', name: info.name },
      subresource: info.subresource,
      query: parseQuery(request.query),
      call,
      view: (isCollection) => viewOf(request, endpoint, { nowMs: this.#options.clock.now(), isCollection }),
      hub: () => this.#hub(endpoint),
      ...(connect === undefined ? {} : { connect }),
    };
  }

  #failure(error: unknown, request: ApiRequest): ApiResponse {
    if (isStatusError(error)) return renderError(error, request);
    this.#options.log.error('a request failed by a defect of the server', {
      method: request.method,
      path: request.path,
      error: error instanceof Error ? error.stack : error,
    });
    return renderError(internalError(errorMessage(error)), request);
  }

  #hub(endpoint: Endpoint): WatchHub {
    let hub = this.#hubs.get(endpoint);
    if (hub === undefined) {
      hub = new WatchHub(endpoint, this.#options.clock);
      this.#hubs.set(endpoint, hub);
    }
    return hub;
  }

  #endpointOf(resource: ResourceRef): Endpoint {
    const endpoint = this.#endpoints.get(endpointKey(resource.group, resource.version, resource.plural));
    assert(endpoint !== undefined, `${resource.plural} of ${resource.group}/${resource.version} are served`);
    return endpoint;
  }

  #add(resource: Resource): void {
    const { schemas } = this.#options;
    const schema = () => schemas.type(resource.schema);
    const isStored = resource.virtual === undefined && resource.computed === undefined;
    const collection = isStored ? this.#collection(resource) : undefined;
    const key = endpointKey(resource.group, resource.version, resource.plural);
    this.#endpoints.set(key, makeEndpoint({ resource, schema, collection }));
  }

  #collection(resource: Resource): Collection {
    const name = collectionName(resource);
    for (const endpoint of this.#endpoints.values())
      if (endpoint.collection?.definition.name === name) return endpoint.collection;
    const { selectableFields, ttlMs } = resource;
    return this.#options.store.collection({
      name,
      ...(selectableFields === undefined ? {} : { selectableFields: (object) => selectableFields(object as never) }),
      ...(ttlMs === undefined ? {} : { ttlMs, maxBytes: volatileMaxBytes }),
    });
  }
}

function endpointKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

function withWarnings(response: ApiResponse, warnings: readonly string[]): ApiResponse {
  const warning = warningHeader(warnings);
  return warning === undefined ? response : { ...response, headers: { ...response.headers, warning } };
}
