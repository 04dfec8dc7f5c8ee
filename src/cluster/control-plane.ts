/**
 * The control plane composed from ports: store, API server, controllers, scheduler. The same composition serves the
 * machine (cmd/up), tests (testing/), the simulator and a browser tab; nothing here touches node:*.
 */
import type { Clock } from '#base/clock.ts';
import type { Gzip } from '#base/compression.ts';
import type { Logger } from '#base/logger.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { type Handler, systemMasters, type UserInfo } from '#api/handler.ts';
import type { NodeDialer } from '#api/node-connection.ts';
import type { Reader, Resource, TokenIssuer } from '#api/resource.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { createAuthenticator } from '#apiserver/chain/authenticate.ts';
import { privilegedGroupAuthorizer, unionAuthorizer } from '#apiserver/chain/authorize.ts';
import { ping } from '#apiserver/discovery/health.ts';
import { type IssuerDocuments, type OpenApiDocuments, Paths } from '#apiserver/discovery/paths.ts';
import { Registry } from '#apiserver/registry/registry.ts';
import { RequestMetrics } from '#apiserver/request-metrics.ts';
import { createApiServer } from '#apiserver/server.ts';
import { createConnect } from '#apiserver/subresources/connect.ts';
import type { Dialer } from '#apiserver/subresources/proxy.ts';
import type { Caches } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import { createClient } from '#client/handler-client.ts';
import { runGarbageCollector } from '#controller/garbage-collector/garbage-collector.ts';
import { type ControllerRun, runControllers } from '#controller/manager.ts';
import { admissionPlugins } from '#kinds/admission.ts';
import { authorizers } from '#kinds/authorizers.ts';
import { bootstrapObjects } from '#kinds/bootstrap.ts';
import { createControllers } from '#kinds/controllers.ts';
import { resources } from '#kinds/resources.ts';
import { runScheduler } from '#scheduler/scheduler.ts';
import type { Store } from '#storage/store.ts';
import { bootstrap } from '#cluster/bootstrap.ts';
import { type ClusterOptions, settingsOf } from '#cluster/settings.ts';
import { createStoreCaches } from '#cluster/store-cache.ts';

export interface ControlPlanePorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tokens: TokenIssuer & IssuerDocuments;
  readonly nodes: NodeDialer;
  readonly openApi: OpenApiDocuments;
  readonly gzip?: Gzip;
  /** Connections from the server's own machine, for proxies whose target is on no node. */
  readonly dialer?: Dialer;
  /** The authority of the API server's certificate, PEM: what kube-root-ca.crt holds. */
  readonly rootCA: string;
}

export interface ControlPlaneOptions extends ClusterOptions {
  readonly runControllers: boolean;
  readonly staticTokens?: ReadonlyMap<string, UserInfo>;
  /** `host:port` that /api names. */
  readonly serverAddress: () => string;
}

/**
 * Invariants: 1. `handle` answers as soon as the object exists; `start` fills the cluster and starts the controllers.
 * 2. After `stop` nothing of it runs; the store is the caller's.
 */
export class ControlPlane {
  readonly handle: Handler;
  readonly client: Client;
  readonly caches: Caches;
  readonly reader: Reader;
  /** Resolves when what every cluster holds is there. */
  readonly bootstrapped: Promise<void>;
  readonly #bootstrapped = Promise.withResolvers<void>();
  readonly #ports: ControlPlanePorts;
  readonly #options: ControlPlaneOptions;
  readonly #stop = new AbortController();
  readonly #requestMetrics = new RequestMetrics();
  readonly #registry: Registry;
  #running: readonly ControllerRun[] = [];
  #isReady = false;

  constructor(ports: ControlPlanePorts, options: ControlPlaneOptions) {
    this.#ports = ports;
    this.#options = options;
    this.bootstrapped = this.#bootstrapped.promise;
    const { store, clock, random, log, metrics, tokens, nodes, gzip } = ports;
    const registry = new Registry({
      store,
      resources,
      admission: admissionPlugins,
      schemas: builtinSchemas,
      clock,
      random,
      log,
      metrics,
      settings: settingsOf(options),
      authorizer: (reader) =>
        unionAuthorizer([privilegedGroupAuthorizer, ...authorizers.map((factory) => factory.create(reader))]),
      tokens,
      nodes,
      gzip,
      connect: createConnect(ports.dialer === undefined ? {} : { dialer: ports.dialer }),
    });
    this.#registry = registry;
    this.reader = registry.reader;
    const paths = this.#paths();
    const server = createApiServer({
      authenticate: createAuthenticator({
        tokens,
        ...(options.staticTokens === undefined ? {} : { staticTokens: options.staticTokens }),
      }),
      authorizer: registry.authorizer,
      resources: (request, info, user) => registry.serve(info, request, user),
      requestMetrics: this.#requestMetrics,
      paths,
      clock,
      random,
      log,
    });
    this.handle = server.handle;
    this.client = this.clientFor('wheelhouse');
    this.caches = createStoreCaches((resource) => registry.collection(resource));
  }

  /** A client in process, trusted, that goes by this name. */
  clientFor(userAgent: string): Client {
    return createClient(this.handle, { userAgent, user: systemMasters });
  }

  /** Makes what a cluster must hold and starts controllers and scheduler. Resolves when the cluster can be used. */
  async start(): Promise<void> {
    await bootstrap(this.clientFor('kube-apiserver'), this.caches, this.#options, bootstrapObjects);
    this.#isReady = true;
    this.#bootstrapped.resolve();
    if (!this.#options.runControllers) return;
    const { clock, random, log, metrics } = this.#ports;
    const common = { caches: this.caches, clock, random, log, metrics, signal: this.#stop.signal };
    const ports = { ...common, client: this.client, clientFor: (name: string) => this.clientFor(name) };
    this.#running = [
      runControllers(createControllers({ rootCA: this.#ports.rootCA }), ports),
      runGarbageCollector(ports),
      runScheduler({ ...common, client: this.clientFor('kube-scheduler') }),
    ];
    await Promise.all(this.#running.map((run) => run.started));
  }

  /** No controller has a key waiting or under way; delayed retries do not count. */
  isIdle(): boolean {
    return this.#running.every((run) => run.isIdle());
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the control plane is stopped'));
    await Promise.all(this.#running.map((run) => run.stopped));
  }

  /** What is counted here and not by the port: requests, and what is stored. */
  #exposed(): string {
    const objects = new Map<string, string>();
    for (const resource of resources) {
      if (resource.virtual !== undefined || resource.computed !== undefined || resource.storedAs !== undefined)
        continue;
      const labels = `group=${JSON.stringify(resource.group)},resource=${JSON.stringify(resource.plural)}`;
      objects.set(labels, `apiserver_resource_objects{${labels}} ${this.#registry.collection(resource).root().size}`);
    }
    const help = [
      '# HELP apiserver_resource_objects Number of stored objects by kind.',
      '# TYPE apiserver_resource_objects gauge',
    ];
    return `${this.#requestMetrics.expose()}${[...help, ...objects.values()].join('\n')}\n`;
  }

  #paths(): Paths {
    const { metrics, openApi, tokens, log } = this.#ports;
    const served: readonly Resource[] = resources;
    return new Paths({
      resources: () => served,
      checks: [
        ping,
        { name: 'log', check: () => {} },
        { name: 'etcd', check: () => {} },
        {
          name: 'poststarthook/bootstrap-objects',
          check: () => {
            if (!this.#isReady) throw new Error('not finished');
          },
        },
      ],
      metrics: { ...metrics, expose: async () => `${await metrics.expose()}\n${this.#exposed()}` },
      openApi,
      issuer: tokens,
      serverAddress: this.#options.serverAddress,
      log,
    });
  }
}
