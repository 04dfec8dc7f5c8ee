/** The plugins that look at pods on nodes, in upstream's order. */
import type { Caches } from '#client/cache.ts';
import type { NodeTable } from '#scheduler/node-table.ts';
import type { Plugin } from '#scheduler/plugin.ts';
import { interPodAffinity } from '#scheduler/plugins/inter-pod-affinity.ts';
import { podTopologySpread } from '#scheduler/plugins/pod-topology-spread.ts';
import { PodCounts, Topologies } from '#scheduler/topology.ts';

/** They listen to the table from now on: make them before it is filled. */
export function defaultPlugins(table: NodeTable, caches: Caches): readonly Plugin[] {
  const ports = { caches, topologies: new Topologies(table), counts: new PodCounts(table) };
  return [podTopologySpread(ports), interPodAffinity(ports, table)];
}
