/** `helm package CHART…`: a chart's folder to an archive, signed if that is wanted. */
import { fstatSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadChartAt } from '#cmd/helm/chart/charts.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { signedFile } from '#cmd/helm/repository/digest.ts';
import { fileMessage, readBytes, writeWhole } from '#cmd/helm/repository/files.ts';
import { askSecret } from '#cmd/helm/repository/prompt.ts';
import type { RegistryAccess } from '#cmd/helm/repository/registry.ts';
import { saveChart } from '#cmd/helm/repository/save.ts';
import { parseVersion } from '#lang/semver/version.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { missingDependencies } from '#platform/charts/dependencies.ts';

/** Flags of `helm package`. */
export interface PackageFlags extends RegistryAccess {
  readonly sign: boolean;
  readonly key: string;
  readonly keyring: string;
  readonly passphraseFile: string;
  readonly version: string;
  readonly appVersion: string;
  readonly destination: string;
  readonly dependencyUpdate: boolean;
}

/** Packs each of the charts. */
export async function packageVerb(flags: PackageFlags, args: readonly string[], context: HelmContext): Promise<void> {
  if (args.length === 0) throw new ChartError('need at least one argument, the path to the chart');
  if (flags.sign && flags.key === '') throw new ChartError('--key is required for signing a package');
  if (flags.sign && flags.keyring === '') throw new ChartError('--keyring is required for signing a package');
  for (const argument of args) {
    const path = resolve(argument);
    if (statSync(argument, { throwIfNoEntry: false }) === undefined)
      throw new ChartError(fileMessage('stat', argument, { code: 'ENOENT' }));
    if (flags.dependencyUpdate) await updateDependencies(path, flags, context);
    const written = await packChart(path, flags, context);
    context.write(`Successfully packaged chart and saved it to: ${written}\n`);
  }
}

async function updateDependencies(path: string, flags: PackageFlags, context: HelmContext): Promise<void> {
  const { updateChart } = await import('#cmd/helm/repository/dependency-manager.ts');
  await updateChart(path, { ...flags, verify: 'never', skipRefresh: false }, { ...context, write: () => undefined });
}

async function packChart(path: string, flags: PackageFlags, context: HelmContext): Promise<string> {
  if (!statSync(path).isDirectory()) throw new ChartError('Chart.yaml file is missing');
  const chart = await loadChartAt(path, context.warn);
  if (flags.version !== '') chart.metadata.version = flags.version;
  checkVersion(chart);
  if (flags.appVersion !== '') chart.metadata.appVersion = flags.appVersion;
  const missing = missingDependencies(chart);
  if (missing !== undefined) throw new ChartError(missing);
  const folder = flags.destination === '.' ? process.cwd() : flags.destination;
  const target = await saveChart(chart, folder).catch((error: Error) => {
    throw new ChartError(`failed to save: ${error.message}`);
  });
  if (flags.sign) await signArchive(target, chart, flags, context);
  return target;
}

function checkVersion({ metadata }: Chart): void {
  try {
    parseVersion(metadata.version);
  } catch (error) {
    throw new ChartError((error as Error).message);
  }
}

async function signArchive(path: string, chart: Chart, flags: PackageFlags, context: HelmContext): Promise<void> {
  const { loadKeyring } = await import('#cmd/helm/repository/verify.ts');
  const { findSigningKey, signProvenance } = await import('#platform/charts/provenance/verify.ts');
  const key = findSigningKey(await loadKeyring(flags.keyring), flags.key);
  const passphrase = passphraseSource(flags.passphraseFile, context);
  const text = await signProvenance(chart.metadata, signedFile(path), { key, passphrase });
  writeWhole(`${path}.prov`, text);
}

function passphraseSource(file: string, context: HelmContext): (user: string) => Promise<string> {
  if (file === '') return (user) => askSecret(`Password for key ${JSON.stringify(user)} >  `, context);
  const bytes = file === '-' ? readPipe() : readBytes(file);
  const line = new TextDecoder().decode(bytes).split(/\r?\n/, 1)[0] ?? '';
  if (bytes.length === 0) throw new ChartError('EOF');
  return () => Promise.resolve(line);
}

function readPipe(): Uint8Array {
  if (!fstatSync(0).isFIFO()) throw new ChartError('specified reading passphrase from stdin, without input on stdin');
  return readFileSync(0);
}
