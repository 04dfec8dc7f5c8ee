/** From what a user calls a chart (a path, `repo/name`, a URL, `oci://…`) to a path on this machine. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { HelmContext } from '#cmd/helm/context.ts';
import { ChartError } from '#platform/charts/chart.ts';

/** What fetching needs of a command's context. */
export type RepositoryContext = Pick<HelmContext, 'settings' | 'environment' | 'warn'>;

/** The flags by which install, upgrade, template, show and pull say which chart they mean. */
export interface ChartPathFlags {
  /** A version or a range; empty: the newest that is no prerelease. */
  readonly version?: string | undefined;
  /** URL of a chart repository in which the reference is a chart's name. */
  readonly repo?: string | undefined;
  readonly verify?: boolean | undefined;
  /** A file of OpenPGP keys; needed with `verify`. */
  readonly keyring?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly plainHttp?: boolean | undefined;
  readonly passCredentials?: boolean | undefined;
}

/**
 * The absolute path of a chart's folder or archive. What is not on the disk is fetched into the repository cache. What a
 * registry answers is told by `warn`. Rejects with {@link ChartError}, the message is Helm's.
 */
export async function locateChart(
  reference: string,
  flags: ChartPathFlags,
  context: RepositoryContext,
): Promise<string> {
  const name = reference.trim();
  if (name !== '' && existsSync(name)) {
    if (flags.repo) warnIgnored(name, flags.repo, context.warn);
    const path = resolve(name);
    if (flags.verify === true) {
      const { verifyChart } = await import('#cmd/helm/repository/verify.ts');
      await verifyChart(path, flags.keyring ?? '');
    }
    return path;
  }
  if (isAbsolute(name) || name.startsWith('.')) throw new ChartError(`path ${JSON.stringify(name)} not found`);
  const { fetchChartFile } = await import('#cmd/helm/repository/fetch.ts');
  return fetchChartFile(name, { ...flags, version: flags.version?.trim() }, context);
}

function warnIgnored(chart: string, repository: string, warn: (message: string) => void): void {
  const text = (value: string): string => (/[\s"=]/.test(value) ? JSON.stringify(value) : value);
  warn(
    'WARN local chart found in current working directory. repository url ignored ' +
      `chart=${text(chart)} repository=${text(repository)}`,
  );
}
