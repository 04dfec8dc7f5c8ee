/** What becomes of a release's values when it is upgraded. */
import { errorMessage } from '#base/logger.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { copyChart } from '#platform/charts/chart.ts';
import type { Release } from '#platform/charts/release.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import { coalesceTables, coalesceValues } from '#platform/charts/values/coalesce.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { copyTable } from '#platform/charts/values/table.ts';

/**
 * `auto`: the old ones if none are given now. `reset`: only those given now. `reuse`: given now over the old ones, over the
 * old chart's defaults. `reset-then-reuse`: given now over the old ones, over the new chart's defaults.
 */
export type ValuePolicy = 'auto' | 'reset' | 'reuse' | 'reset-then-reuse';

/** What to render with; neither the given chart and values nor the current release are changed. */
export function reuseValues(
  context: ReleaseContext,
  current: Release,
  wanted: { readonly chart: Chart; readonly values: Table; readonly valuePolicy?: ValuePolicy },
): { chart: Chart; values: Table } {
  const { chart, valuePolicy = 'auto' } = wanted;
  const values = copyTable(wanted.values);
  const options = { mode: 'coalesce', warn: (message: string) => context.warn(message) } as const;
  switch (valuePolicy) {
    case 'reset':
      context.debug("resetting values to the chart's original version");
      return { chart, values };
    case 'reuse': {
      context.debug("reusing the old release's values");
      const defaults = oldValues(current, options);
      const copy = copyChart(chart);
      copy.values = defaults;
      return { chart: copy, values: coalesceTables(values, copyTable(current.config), options) };
    }
    case 'reset-then-reuse':
      context.debug('merging values from old release to new values');
      return { chart, values: coalesceTables(values, copyTable(current.config), options) };
    case 'auto': {
      if (values.size > 0 || current.config.size === 0) return { chart, values };
      context.debug(`copying values from ${current.name} (v${current.version}) to new release.`);
      return { chart, values: copyTable(current.config) };
    }
  }
}

function oldValues(current: Release, options: Parameters<typeof coalesceValues>[2]): Table {
  try {
    return coalesceValues(current.chart, current.config, options);
  } catch (error) {
    throw new ReleaseError(`failed to rebuild old values: ${errorMessage(error)}`);
  }
}
