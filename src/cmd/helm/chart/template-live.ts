/** `helm template --validate` and `--dry-run=server`: rendering that asks the cluster. */
import type { TemplateCommandFlags } from '#cmd/helm/chart/template-command.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { withReleases } from '#cmd/helm/release/connection.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';
import type { Chart } from '#platform/charts/chart.ts';
import type { RenderedChart } from '#platform/charts/render/render.ts';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { renderLive } from '#platform/charts/releases/render-live.ts';
import type { Table } from '#platform/charts/values/table.ts';

/** What is rendered. */
export interface LiveRendering {
  readonly name: string;
  readonly namespace: string;
  readonly values: Table;
  /** What templates are told of the cluster without --validate. */
  readonly capabilities: Capabilities;
  readonly flags: TemplateCommandFlags;
  readonly context: HelmContext;
}

/** Renders with the cluster in reach; with --validate also as a dry run of an installation, for what that refuses. */
export function renderOnCluster(chart: Chart, rendering: LiveRendering): Promise<RenderedChart> {
  const { name, namespace, values, capabilities, flags, context } = rendering;
  const options = {
    release: { name, namespace, revision: 1, action: flags.isUpgrade ? 'upgrade' : 'install' },
    values,
    notes: flags.renderSubchartNotes ? 'all' : 'root',
    schemas: flags.skipSchemaValidation ? 'skip' : 'check',
    lookups: /^(?:server|none|false)$/.test(flags.dryRun) ? 'live' : 'none',
  } as const;
  return withReleases(context, async (releases) => {
    if (flags.validate) {
      const { timeout: timeoutMs, skipSchemaValidation } = flags;
      const dryRun = flags.dryRun === 'server' ? 'server' : 'client';
      await installRelease(releases, { name, chart, values, timeoutMs, dryRun, skipSchemaValidation, replace: true });
    }
    return renderLive(flags.validate ? releases : knowing(releases, capabilities), chart, options);
  });
}

/** The same cluster, but templates are told other capabilities. */
function knowing(releases: ReleaseContext, capabilities: Capabilities): ReleaseContext {
  const resources = new Proxy(releases.resources, {
    get: (target, name) => {
      if (name === 'capabilities') return () => Promise.resolve(capabilities);
      const found: unknown = Reflect.get(target, name, target);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  return { ...releases, resources };
}
