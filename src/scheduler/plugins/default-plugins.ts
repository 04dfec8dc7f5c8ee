/** The plugins that look at pods on nodes, in upstream's order. */
import type { Caches } from '#client/cache.ts';
import type { ClusterState } from '#scheduler/cluster-state.ts';
import type { Plugin } from '#scheduler/plugin.ts';

export interface PluginPorts {
  readonly caches: Caches;
  readonly state: ClusterState;
}

export function defaultPlugins(_ports: PluginPorts): readonly Plugin[] {
  return [];
}
