/** `helm push CHART oci://…`. */
import { existsSync, statSync } from 'node:fs';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { readBytes } from '#cmd/helm/repository/files.ts';
import type { RegistryAccess } from '#cmd/helm/repository/registry.ts';
import { registryClient, transferText } from '#cmd/helm/repository/registry.ts';
import { localTime } from '#cmd/helm/repository/time.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { pushChart } from '#platform/charts/oci/chart-registry.ts';
import { parseChartReference } from '#platform/charts/oci/reference.ts';
import { joinPath, splitUrl } from '#platform/charts/repositories/url.ts';

/** Sends an archive, and the signature beside it if there is one. */
export async function push(flags: RegistryAccess, args: readonly string[], context: HelmContext): Promise<void> {
  const [path = '', remote = ''] = args;
  checkRemote(remote);
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new ChartError(`${path}: no such file`);
  if (info.isDirectory()) throw new ChartError('cannot push directory, must provide chart archive (.tgz)');
  const { metadata } = await loadChartAt(path, context.warn);
  const place = joinPath(remote.replace(/^oci:\/\//, ''), metadata.name);
  const reference = parseChartReference(`${place}:${metadata.version}`);
  const provenance = `${path}.prov`;
  const pushed = await pushChart(registryClient(reference.registry, flags, context), reference, {
    metadata,
    archive: readBytes(path),
    provenance: existsSync(provenance) ? readBytes(provenance) : undefined,
    created: localTime(Math.trunc(info.mtimeMs / 1000) * 1000),
  });
  context.warn(transferText('Pushed', pushed));
}

function checkRemote(remote: string): void {
  const parts = splitUrl(remote);
  if (parts === undefined) throw new ChartError(`invalid chart URL format: ${remote}`);
  if (parts.scheme === '') throw new ChartError('scheme prefix missing from remote (e.g. "oci://")');
  if (parts.scheme !== 'oci') throw new ChartError(`scheme "${parts.scheme}" not supported`);
}
