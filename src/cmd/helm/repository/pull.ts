/** `helm pull CHART…`: fetches charts, and unpacks them if that is wanted. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, normalize } from 'node:path';
import type { HelmContext } from '#cmd/helm/context.ts';
import { chartUrlInRepository, downloadChart, fetchPlan } from '#cmd/helm/repository/fetch.ts';
import { makeFolder, readBytes } from '#cmd/helm/repository/files.ts';
import type { ChartPathFlags } from '#cmd/helm/repository/locate.ts';
import { expandChart } from '#host/charts/expand.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { parseMetadata } from '#platform/charts/metadata.ts';

/** Flags of `helm pull`. */
export interface PullFlags extends ChartPathFlags {
  readonly devel: boolean;
  readonly untar: boolean;
  readonly prov: boolean;
  readonly untardir: string;
  readonly destination: string;
}

/** Fetches each of the charts. */
export async function pull(given: PullFlags, references: readonly string[], context: HelmContext): Promise<void> {
  const isOpen = (given.version ?? '') === '' && given.devel;
  const flags = isOpen ? { ...given, version: '>0.0.0-0' } : given;
  for (const reference of references) await pullOne(flags, reference, context);
}

async function pullOne(flags: PullFlags, reference: string, context: HelmContext): Promise<void> {
  const folder = flags.untar ? mkdtempSync(join(tmpdir(), 'helm-')) : flags.destination;
  // Helm prints what a chart has to say when all of it went well.
  let text = '';
  try {
    const verify = flags.verify === true ? 'always' : flags.prov ? 'later' : 'never';
    const url = flags.repo ? await chartUrlInRepository(flags.repo, reference, flags, context) : reference;
    const { path, verification } = await downloadChart(url, fetchPlan(flags, folder, verify), context, (line) => {
      text += `${line}\n`;
    });
    if (verification !== undefined) {
      const { verificationText } = await import('#cmd/helm/repository/verify.ts');
      text += verificationText(verification);
    }
    if (flags.untar) await unpack(path, reference, flags);
  } finally {
    if (flags.untar) rmSync(folder, { recursive: true, force: true });
  }
  context.write(text);
}

async function unpack(archive: string, reference: string, flags: PullFlags): Promise<void> {
  const folder = isAbsolute(flags.untardir) ? flags.untardir : normalize(join(flags.destination, flags.untardir));
  const last = reference.endsWith('/') ? '' : basename(reference);
  const place = folder === '.' ? last : join(folder, last);
  if (existsSync(place))
    throw new ChartError(`failed to untar: a file or directory with the name ${place} already exists`);
  makeFolder(place);
  await expandChart(readBytes(archive), folder, (text) => parseMetadata(text).name);
}
