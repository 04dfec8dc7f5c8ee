/**
 * `wheelhouse up`: brings an instance up, prints one line that starts with `ready`, and stays until it is told to stop.
 * SIGINT and SIGTERM in the foreground end pods gracefully and leave nothing on the machine but the data.
 */
import { createLogger } from '#host/logger.ts';
import { bootstrapError } from '#cmd/up/readiness.ts';
import { detach, detachedVariable } from '#cmd/up/detach.ts';
import { chooseNode, type NodeChoice, startNode } from '#cmd/up/node.ts';
import { type UpFlags, type UpOptions, upOptions } from '#cmd/up/options.ts';
import { type RunningServer, startServer } from '#cmd/up/server.ts';
import { Failure } from '#cmd/failure.ts';
import { openInstance, readStatus, writeStatus } from '#cmd/instance.ts';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

export interface RunningCluster {
  readonly server: RunningServer;
  /** The line that says so. */
  readonly ready: string;
  /** Of the real node; undefined if there is none. */
  readonly containerdSocket: string | undefined;
  readonly isReady: boolean;
  /** Ends pods, agent, containerd and server; the data stays. `leavePods`: agent, containerd and pods go on. */
  stop(options?: { readonly leavePods: boolean }): Promise<void>;
}

export async function up(flags: UpFlags): Promise<void> {
  const options = upOptions(flags);
  if (flags.detach) return detach(options);
  const told = untilSignal();
  const cluster = await startCluster(options, told);
  if (cluster.isReady) process.stdout.write(`${cluster.ready}\n`);
  const order = await told;
  // In the background a SIGTERM is a restart of the server (an upgrade, a service manager): containers go on.
  await cluster.stop({ leavePods: order === 'SIGTERM' && process.env[detachedVariable] !== undefined });
  process.exit(0);
}

/** Resolves when the cluster is ready to be used, or when it is told to stop before: then `isReady` is false. */
export async function startCluster(
  options: UpOptions,
  told: Promise<unknown> = new Promise(() => {}),
): Promise<RunningCluster> {
  const other = readStatus(options.dataDir);
  if (other !== undefined)
    throw new Failure(
      `a cluster runs on ${options.dataDir} already (pid ${other.pids.server}, ${other.url}): wheelhouse down ends it`,
    );
  const log = createLogger({ level: options.logLevel });
  const instance = openInstance(options.dataDir);
  const choice: NodeChoice = await chooseNode(instance, options);
  if (choice.notice !== undefined) process.stderr.write(`${choice.notice}\n`);
  const server = await startServer(choice.instance, options, choice.cluster, log);
  const [node] = await Promise.all([startNode(server, choice, options, log), server.controlPlane.start()]);
  const isReady = await Promise.race([node.ready.then(() => true), told.then(() => false)]);
  const failure = isReady ? await bootstrapError(server) : undefined;
  if (failure !== undefined) throw new Failure(failure);
  writeStatus({
    dataDir: options.dataDir,
    url: server.url,
    kubeconfig: server.kubeconfig,
    pids: { server: process.pid, ...node.pids() },
    ...node.facts,
  });
  return {
    server,
    ready: `ready ${server.url} kubeconfig ${server.kubeconfig}`,
    containerdSocket: node.facts.containerdSocket,
    isReady,
    stop: async (stopOptions) => {
      await node.stop(stopOptions);
      await server.close();
      rmSync(join(options.dataDir, 'run/status.json'), { force: true });
      if (stopOptions?.leavePods !== true) rmSync(instance.runDir, { recursive: true, force: true });
    },
  };
}

/** The first signal that ends the cluster; the second ends the process at once. */
function untilSignal(): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      count++;
      if (count > 1) process.exit(130);
      process.stderr.write('stopping: pods end gracefully (again to end at once)\n');
      resolve(signal as 'SIGINT' | 'SIGTERM');
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}
