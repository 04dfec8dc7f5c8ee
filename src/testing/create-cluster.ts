/**
 * A whole cluster inside a test: real API server, controllers and scheduler on the memory backend, simulated nodes, system
 * or virtual time.
 *
 *   await using cluster = await createCluster({ nodes: 3 });
 *   await cluster.client.create(deployments, web);
 *   await cluster.settled();
 *   const { url, kubeconfig } = await cluster.listen();   // for kubectl or any other client
 *
 * With `time: 'virtual'` nothing waits: `advance('30d')` moves time, and everything that is due happens.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { type Logger, silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import { SeededRandom } from '#base/random.ts';
import type { Caches } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import { kubeconfigText } from '#client/kubeconfig.ts';
import { ControlPlane } from '#cluster/control-plane.ts';
import { createTokenIssuer } from '#cluster/tokens.ts';
import { loadOpenApi } from '#cmd/up/open-api.ts';
import { Pki } from '#host/certificates/pki.ts';
import { createHttpServer, type HttpServer } from '#host/http/server.ts';
import { systemClock } from '#host/system-clock.ts';
import { SimulatedNodes } from '#sim/simulated-nodes.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';

export interface TestClusterOptions {
  /** Simulated nodes; 1 unless said otherwise. */
  readonly nodes?: number;
  readonly time?: 'system' | 'virtual';
  readonly controllers?: boolean;
  /** Of names, uids and jitter; printed by the caller when a test fails. */
  readonly seed?: number;
  readonly log?: Logger;
}

export interface TestCluster extends AsyncDisposable {
  readonly client: Client;
  readonly caches: Caches;
  readonly controlPlane: ControlPlane;
  readonly store: Store;
  readonly clock: Clock;
  /** Resolves when no controller has a key waiting and a turn of the event loop brought nothing new. */
  settled(): Promise<void>;
  /** Virtual time only: `'90s'`, `'5m'`, `'2h'`, `'30d'` or milliseconds. */
  advance(by: string | number): Promise<void>;
  /** Serves HTTPS on a free port of 127.0.0.1 until the cluster is disposed of. */
  listen(): Promise<{ readonly url: string; readonly kubeconfig: string; readonly token: string }>;
}

const adminToken = 'wheelhouse-test-admin';

export async function createCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const virtual = options.time === 'virtual' ? new VirtualClock() : undefined;
  const clock: Clock = virtual ?? systemClock;
  const random = new SeededRandom(options.seed ?? 1);
  const log = options.log ?? silentLogger;
  const store = await Store.open(new MemoryBackend(), [], { clock });
  const tokens = createTokenIssuer({ signingKey: await testSigningKey(), clock, random });
  const address = { current: '127.0.0.1:0' };
  const controlPlane = new ControlPlane(
    {
      store,
      clock,
      random,
      log,
      metrics: noMetrics,
      tokens,
      nodes: { connect: () => undefined },
      openApi: loadOpenApi(),
      rootCA: '',
    },
    {
      serviceCIDR: '10.96.0.0/16',
      podCIDR: '10.244.0.0/16',
      clusterDomain: 'cluster.local',
      dnsAddress: undefined,
      apiServerEndpoint: undefined,
      runControllers: options.controllers ?? true,
      staticTokens: new Map([[adminToken, { name: 'admin', groups: ['system:masters'] }]]),
      serverAddress: () => address.current,
    },
  );
  tokens.readFrom(controlPlane.reader);
  const nodes = new SimulatedNodes(
    { client: controlPlane.clientFor('simulated-kubelet'), caches: controlPlane.caches, clock, log },
    { count: options.nodes ?? 1 },
  );
  const settled = (): Promise<void> => untilIdle(store, controlPlane, virtual);
  await (virtual === undefined ? controlPlane.start() : drive(virtual, controlPlane.start()));
  await (virtual === undefined ? nodes.start() : drive(virtual, nodes.start()));
  await settled();
  const endings: (() => Promise<void>)[] = [];
  return {
    client: controlPlane.client,
    caches: controlPlane.caches,
    controlPlane,
    store,
    clock,
    settled,
    async advance(by) {
      if (virtual === undefined) throw new Error("advance needs createCluster({ time: 'virtual' })");
      await virtual.run(typeof by === 'number' ? by : milliseconds(by));
      await settled();
    },
    async listen() {
      const served = await serve(controlPlane, log);
      endings.push(served.close);
      address.current = served.url.replace('https://', '');
      return served;
    },
    async [Symbol.asyncDispose]() {
      nodes.stop();
      for (const end of endings) await end();
      await (virtual === undefined ? controlPlane.stop() : drive(virtual, controlPlane.stop()));
      await store.close();
    },
  };
}

/** Moves virtual time while something is awaited that needs it. */
async function drive<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const end = work.finally(() => {
    isDone = true;
  });
  end.catch(() => {});
  while (!isDone) await clock.run(1);
  return end;
}

/** Quiet turns in a row after which nothing is under way in memory. */
const quietTurns = 3;

async function untilIdle(store: Store, controlPlane: ControlPlane, virtual: VirtualClock | undefined): Promise<void> {
  let quiet = 0;
  let revision = store.revision;
  while (quiet < quietTurns) {
    await (virtual === undefined ? systemClock.turn() : virtual.run(0));
    const isQuiet = store.revision === revision && controlPlane.isIdle();
    revision = store.revision;
    quiet = isQuiet ? quiet + 1 : 0;
  }
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function milliseconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw new Error(`${JSON.stringify(text)} is no duration such as 90s or 30d`);
  return Number(match[1]) * (units[match[2] as string] as number);
}

let signingKey: Promise<string> | undefined;

/** One key for all clusters of a process: what a test cluster signs nobody else believes. */
function testSigningKey(): Promise<string> {
  signingKey ??= crypto.subtle
    .generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    .then((pair) => crypto.subtle.exportKey('pkcs8', (pair as CryptoKeyPair).privateKey))
    .then((bytes) => {
      const base64 = Buffer.from(bytes).toString('base64').replaceAll(/.{64}/g, '$&\n');
      return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
    });
  return signingKey;
}

async function serve(
  controlPlane: ControlPlane,
  log: Logger,
): Promise<{ url: string; kubeconfig: string; token: string; close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-test-'));
  const pki = await Pki.open({ directory: folder, hosts: ['127.0.0.1', 'localhost'], clock: systemClock, log });
  const certificate = { certificate: pki.server.certificate, key: pki.server.key, clientAuthorities: pki.authority };
  const server: HttpServer = createHttpServer({ handle: controlPlane.handle, certificate, log });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `https://127.0.0.1:${port}`;
  const kubeconfig = kubeconfigText({
    name: 'wheelhouse-test',
    server: url,
    authority: pki.authority,
    userName: 'admin',
    token: adminToken,
  });
  return {
    url,
    kubeconfig,
    token: adminToken,
    close: async () => {
      await server.close(100);
      pki.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
