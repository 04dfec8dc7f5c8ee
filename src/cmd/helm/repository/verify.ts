/** `helm verify PATH`: whether a chart archive is signed by a key of a keyring. */
import { existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { HelmContext } from '#cmd/helm/context.ts';
import { signedFile } from '#cmd/helm/repository/digest.ts';
import { fileMessage, readBytes } from '#cmd/helm/repository/files.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { Verification } from '#platform/charts/provenance/verify.ts';
import { readKeyring, verifyProvenance } from '#platform/charts/provenance/verify.ts';

/** Prints whose signature a chart bears. */
export async function verifyVerb(
  flags: { readonly keyring: string },
  args: readonly string[],
  context: HelmContext,
): Promise<void> {
  context.write(verificationText(await verifyChart(args[0] ?? '', flags.keyring)));
}

/** The lines that Helm prints of a good signature. */
export function verificationText({ signedBy, fingerprint, fileHash }: Verification): string {
  const names = signedBy.map((name) => `Signed by: ${name}\n`).join('');
  return `${names}Using Key With Fingerprint: ${fingerprint}\nChart Hash Verified: ${fileHash}\n`;
}

/** Checks an archive against the .prov file beside it. Rejects with {@link ChartError}. */
export async function verifyChart(path: string, keyring: string): Promise<Verification> {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new ChartError(fileMessage('stat', path, { code: 'ENOENT' }));
  if (info.isDirectory()) throw new ChartError('unpacked charts cannot be verified');
  if (extname(path).toLowerCase() !== '.tgz') throw new ChartError('chart must be a tgz file');
  const provenance = `${path}.prov`;
  if (!existsSync(provenance))
    throw new ChartError(`could not load provenance file ${provenance}: stat ${provenance}: no such file or directory`);
  const keys = await loadKeyring(keyring).catch((error: Error) => {
    throw new ChartError(`failed to load keyring: ${error.message}`);
  });
  if (statSync(provenance).isDirectory()) throw new ChartError(`${provenance} cannot be a directory`);
  return verifyProvenance(new TextDecoder().decode(readBytes(provenance)), signedFile(path), keys);
}

/** Reads a keyring's file. Rejects with {@link ChartError}. */
export async function loadKeyring(path: string): ReturnType<typeof readKeyring> {
  return readKeyring(readBytes(path));
}
