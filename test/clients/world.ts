/** The cluster that tests of clients talk to: a real one where containers can run, else one in process with simulated nodes. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster } from '#testing/create-cluster.ts';
import { noRealNode, startRealCluster } from '../cluster/harness.ts';
import { image } from './manifests.ts';

export interface World {
  readonly kubeconfig: string;
  /** Resolves with what is left of it on the machine. */
  takeDown(): Promise<string[]>;
}

/** Options of a test that needs real containers. */
export const needsContainers: { readonly skip?: string } =
  noRealNode === undefined ? {} : { skip: `needs real containers: ${noRealNode}` };

/** `folder`: where the kubeconfig may be written. */
export async function startWorld(folder: string): Promise<World> {
  if (noRealNode === undefined) {
    const cluster = await startRealCluster();
    await cluster.buildImage(image);
    return { kubeconfig: cluster.kubeconfig, takeDown: () => cluster.takeDown() };
  }
  const cluster = await createCluster({ nodes: 1 });
  const { kubeconfig } = await cluster.listen();
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, kubeconfig);
  const takeDown = async (): Promise<string[]> => {
    await cluster[Symbol.asyncDispose]();
    return [];
  };
  return { kubeconfig: path, takeDown };
}

/** Why no kubectl can be used; undefined: the one on PATH is new enough. */
export function kubectlObstacle(): string | undefined {
  const { status, stdout } = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  if (status !== 0) return 'there is no kubectl on PATH';
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { minor: string; gitVersion: string } };
  const isNew = Number.parseInt(clientVersion.minor, 10) >= 32;
  return isNew ? undefined : `kubectl ${clientVersion.gitVersion} is older than v1.32`;
}
