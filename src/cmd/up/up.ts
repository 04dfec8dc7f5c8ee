/**
 * `wheelhouse up`: brings an instance up, prints one line that starts with `ready`, and stays until it is told to stop.
 * SIGINT and SIGTERM in the foreground end pods gracefully and leave nothing on the machine but the data.
 */
import type { Logger } from '#base/logger.ts';
import { createLogger } from '#host/logger.ts';
import { tearDownNetwork } from '#host/network/instance-network.ts';
import { isAlive, readPidFile, writePidFile } from '#host/process/daemon.ts';
import { bootstrapError } from '#cmd/up/readiness.ts';
import { detach, detachedVariable } from '#cmd/up/detach.ts';
import { chooseNode, type NodeChoice, startNode } from '#cmd/up/node.ts';
import { type UpFlags, type UpOptions, upOptions } from '#cmd/up/options.ts';
import { type RunningServer, startServer } from '#cmd/up/server.ts';
import { Failure } from '#cmd/failure.ts';
import { type Instance, openInstance, readStatus, writeStatus } from '#cmd/instance.ts';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

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
  // A server runs the same code all day: a request's way is worth the best code well before V8's default of 3,000 calls.
  setFlagsFromString('--invocation-count-for-turbofan=1000');
  const told = untilSignal();
  const cluster = await startCluster(options, told).catch((error: unknown) => {
    // Workers and timers of a start that failed must not keep the process; the exit code is set by then.
    setImmediate(() => process.exit());
    throw error;
  });
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
  const undo: (() => Promise<void>)[] = [];
  try {
    return await start({ instance, options, log, told, undo });
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw error;
  }
}

interface Start {
  readonly instance: Instance;
  readonly options: UpOptions;
  readonly log: Logger;
  readonly told: Promise<unknown>;
  /** Takes back what was done so far, last first. */
  readonly undo: (() => Promise<void>)[];
}

async function start({ instance, options, log, told, undo }: Start): Promise<RunningCluster> {
  // What an earlier start left running (kill -9 of the server) goes on, also when this start fails.
  const agent = readPidFile(join(options.dataDir, 'run/agent.pid'));
  const leavePods = agent !== undefined && isAlive(agent);
  const removeRunDir = (): void => rmSync(instance.runDir, { recursive: true, force: true });
  if (!leavePods) undo.push(async () => removeRunDir());
  const choice: NodeChoice = await chooseNode(instance, options);
  if (choice.isReal && !leavePods)
    undo.push(() => tearDownNetwork(choice.instance.record.id, dirname(instance.runDir)));
  if (choice.notice !== undefined) process.stderr.write(`${choice.notice}\n`);
  const server = await startServer(choice.instance, options, choice.cluster, log);
  undo.push(() => server.close());
  const starting = startNode(server, choice, options, log);
  undo.push(async () => (await starting).stop({ leavePods }));
  const [node] = await Promise.all([starting, server.controlPlane.start()]);
  const isReady = await Promise.race([node.ready.then(() => true), told.then(() => false)]);
  const failure = isReady ? await bootstrapError(server) : undefined;
  if (failure !== undefined) throw new Failure(failure);
  writePidFile(join(options.dataDir, 'run/server.pid'), process.pid);
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
      for (const file of ['status.json', 'server.pid']) rmSync(join(options.dataDir, 'run', file), { force: true });
      if (stopOptions?.leavePods !== true) removeRunDir();
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
