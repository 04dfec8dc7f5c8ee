/** The server process of one instance: store, certificates, control plane, listening sockets, kubeconfig. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Handler } from '#api/handler.ts';
import type { Logger } from '#base/logger.ts';
import type { Backend } from '#storage/backend.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';
import { kubeconfigText } from '#client/kubeconfig.ts';
import { ControlPlane } from '#cluster/control-plane.ts';
import { apiServiceAddress, type ClusterOptions } from '#cluster/settings.ts';
import { createTokenIssuer } from '#cluster/tokens.ts';
import { Failure } from '#cmd/failure.ts';
import { type Instance, updateInstance, writeAtomic } from '#cmd/instance.ts';
import { loadOpenApi } from '#cmd/up/open-api.ts';
import type { UpOptions } from '#cmd/up/options.ts';
import { Pki } from '#host/certificates/pki.ts';
import { serverHosts } from '#host/certificates/server-hosts.ts';
import { gzip } from '#host/compression.ts';
import { machineDialer } from '#host/http/machine-dialer.ts';
import { createHttpServer, type HttpServer, type ServerCertificate } from '#host/http/server.ts';
import { createMetrics } from '#host/metrics.ts';
import { collectWhenQuiet } from '#host/process/collect-when-quiet.ts';
import { SqliteBackend } from '#host/sqlite/sqlite-backend.ts';
import { systemClock } from '#host/system-clock.ts';
import { systemRandom } from '#host/system-random.ts';
import { createTunnelDialer } from '#host/tunnel/dialer.ts';

export interface RunningServer {
  readonly instance: Instance;
  readonly controlPlane: ControlPlane;
  readonly pki: Pki;
  readonly url: string;
  readonly kubeconfig: string;
  readonly agentSocket: string;
  close(): Promise<void>;
}

const adminName = 'admin';
const preferredPort = 6443;
/** After the last durable write; heartbeats do not count. */
const quietMs = 8_000;

/** Resolves when requests are answered; the caller then starts the control plane. Throws a Failure with one sentence. */
export async function startServer(
  found: Instance,
  options: UpOptions,
  cluster: Omit<ClusterOptions, 'apiServerEndpoint'> & { nodeAddress: string | undefined },
  log: Logger,
): Promise<RunningServer> {
  const [store, pki] = await Promise.all([openStore(found, options), openPki(found, options, cluster, log)]);
  const tokens = createTokenIssuer({ signingKey: pki.serviceAccountKey, clock: systemClock, random: systemRandom });
  const tunnels = createTunnelDialer({ clock: systemClock, log });
  const listen = {
    host: options.listen?.host ?? '127.0.0.1',
    // Port 0 means any, chosen once: agents and kubeconfigs of an earlier start still name it.
    port: options.listen?.port || (found.record.port ?? (options.listen === undefined ? preferredPort : 0)),
  };
  const keepsPort = options.listen === undefined || options.listen.port === 0;
  let instance = found;
  const endpointAddress = cluster.nodeAddress;
  const makeControlPlane = (boundPort: number): ControlPlane =>
    new ControlPlane(
      {
        store,
        clock: systemClock,
        random: systemRandom,
        log,
        metrics: createMetrics(),
        tokens,
        nodes: tunnels,
        openApi: loadOpenApi(),
        gzip,
        dialer: machineDialer,
        rootCA: pki.authority,
      },
      {
        ...cluster,
        apiServerEndpoint: endpointAddress === undefined ? undefined : { address: endpointAddress, port: boundPort },
        runControllers: options.runControllers,
        ...(options.adminToken === undefined
          ? {}
          : { staticTokens: new Map([[options.adminToken, { name: adminName, groups: ['system:masters'] }]]) }),
        serverAddress: () => `${endpointAddress ?? '127.0.0.1'}:${boundPort}`,
      },
    );
  // The control plane names its port, and the port is known only once it is bound: requests before that wait.
  const made = Promise.withResolvers<ControlPlane>();
  let handle: Handler = async (request) => (await made.promise).handle(request);
  const server = createHttpServer({
    handle: (request) => handle(request),
    certificate: certificateOf(pki),
    log,
    rawUpgrade: tunnels.accept,
  });
  const port = await bind(server, listen, keepsPort && found.record.port === undefined);
  if (keepsPort && found.record.port !== port) instance = updateInstance(found, { port: port });
  const controlPlane = makeControlPlane(port);
  tokens.readFrom(controlPlane.reader);
  handle = controlPlane.handle;
  made.resolve(controlPlane);
  const agentSocket = join(instance.runDir, 'api.sock');
  rmSync(agentSocket, { force: true });
  await server.listen({ socketPath: agentSocket });
  if (endpointAddress !== undefined && listen.host !== '0.0.0.0')
    await server.listen({ host: endpointAddress, port: port });
  pki.onRenewed(() => server.setCertificate(certificateOf(pki)));
  const shownHost = listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host;
  const url = `https://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}`;
  const kubeconfig = options.kubeconfig ?? join(instance.dataDir, 'kubeconfig');
  const writeKubeconfig = (): void => {
    const credentials = { certificate: pki.admin.certificate, key: pki.admin.key };
    writeAtomic(
      kubeconfig,
      kubeconfigText({
        name: 'wheelhouse',
        server: url,
        authority: pki.authority,
        userName: adminName,
        ...credentials,
      }),
    );
  };
  pki.onRenewed(writeKubeconfig);
  writeKubeconfig();
  return {
    instance,
    controlPlane,
    pki,
    url,
    kubeconfig,
    agentSocket,
    close: async () => {
      await controlPlane.stop();
      await server.close(1000);
      tunnels.close();
      pki.close();
      await store.close();
    },
  };
}

function certificateOf(pki: Pki): ServerCertificate {
  return { certificate: pki.server.certificate, key: pki.server.key, clientAuthorities: pki.authority };
}

async function openStore(instance: Instance, options: UpOptions): Promise<Store> {
  const backend = options.isEphemeral
    ? new MemoryBackend()
    : new SqliteBackend(join(instance.dataDir, 'db/cluster.db'), {
        now: () => systemClock.now(),
        fatal: (sentence) => {
          process.stderr.write(`error: ${sentence}\n`);
          process.exit(1);
        },
      });
  try {
    return await Store.open(noticing(backend, collectWhenQuiet(quietMs)), [], { clock: systemClock, freeze: false });
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

/** The same backend; `notice` is called with each durable write. */
function noticing(backend: Backend, notice: () => void): Backend {
  return {
    load: () => backend.load(),
    subscribe: (apply, dropped) => backend.subscribe(apply, dropped),
    progress: () => backend.progress(),
    close: () => backend.close(),
    commit: (write) => {
      if (!write.volatile) notice();
      return backend.commit(write);
    },
  };
}

function openPki(
  instance: Instance,
  options: UpOptions,
  cluster: { serviceCIDR: string; nodeAddress: string | undefined },
  log: Logger,
): Promise<Pki> {
  const extra = [options.listen?.host, cluster.nodeAddress].filter((host) => host !== undefined);
  const hosts = serverHosts({ serviceAddress: apiServiceAddress(cluster), extra });
  return Pki.open({ directory: join(instance.dataDir, 'pki'), hosts, clock: systemClock, log });
}

/** At the first start any free port will do when the usual one is taken; later the kept one is wanted. */
async function bind(server: HttpServer, listen: { host: string; port: number }, mayChoose: boolean): Promise<number> {
  try {
    return await server.listen(listen);
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (isTaken && mayChoose) return server.listen({ host: listen.host, port: 0 });
    if (isTaken)
      throw new Failure(
        `the address ${listen.host}:${listen.port} is in use by another process: choose another with --listen`,
      );
    throw new Failure(`cannot listen on ${listen.host}:${listen.port}: ${(error as Error).message}`);
  }
}
