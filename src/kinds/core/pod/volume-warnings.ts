/** Warnings about volumes: sources that are gone, and files in each other's place. */
import type { Volume, VolumeProjection } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { parseQuantity, quantityText } from '#lang/quantity/quantity.ts';

type AnyVolume = DeepReadonly<Volume>;

/** Field, how the message names it, what it says. In upstream's order; ephemeral volumes come before `cephfs`. */
const goneBefore: readonly (readonly [keyof AnyVolume, string, string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
];
const goneAfter: readonly (readonly [keyof AnyVolume, string, string])[] = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

export function volumeWarnings(volumes: readonly AnyVolume[], path: string): string[] {
  const list: string[] = [];
  volumes.forEach((volume, i) => {
    for (const [field, name, text] of goneBefore)
      if (volume[field] !== undefined) list.push(`${path}[${i}].${name}: ${text}`);
    const amount = volume.ephemeral?.volumeClaimTemplate?.spec?.resources?.requests?.['storage'];
    if (amount !== undefined)
      addFraction(list, amount, `${path}[${i}].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]`);
    for (const [field, name, text] of goneAfter)
      if (volume[field] !== undefined) list.push(`${path}[${i}].${name}: ${text}`);
  });
  for (const volume of volumes) addOverlaps(list, volume);
  return list;
}

function addFraction(list: string[], amount: string | number, path: string): void {
  const quantity = parseQuantity(amount);
  if (quantity.nanos % 1_000_000_000n === 0n) return;
  const text = JSON.stringify(quantityText(quantity));
  list.push(`${path}: fractional byte value ${text} is invalid, must be an integer`);
}

interface Placed {
  readonly path: string;
  readonly source: string;
}

function addOverlaps(list: string[], { name, configMap, secret, downwardAPI, projected }: AnyVolume): void {
  const add = (what: string, files: readonly Placed[]): void => {
    for (const text of overlaps(files))
      list.push(`volume ${JSON.stringify(name)} (${what}): overlapping paths: ${text}`);
  };
  if (configMap?.items !== undefined)
    add(`ConfigMap ${JSON.stringify(configMap.name ?? '')}`, placed(configMap.items, ''));
  if (secret?.items !== undefined) add(`Secret ${JSON.stringify(secret.secretName ?? '')}`, placed(secret.items, ''));
  if (downwardAPI?.items !== undefined) add('DownwardAPI', placed(downwardAPI.items, ''));
  if (projected === undefined) return;
  const files: Placed[] = [];
  for (const source of projected.sources ?? []) {
    if (Object.keys(source ?? {}).length === 0)
      list.push(`volume ${JSON.stringify(name)} (Projected) has no sources provided`);
    else files.push(...placedBy(source));
  }
  add('Projected', files);
}

function placedBy({ configMap, secret, downwardAPI, serviceAccountToken }: DeepReadonly<VolumeProjection>): Placed[] {
  if (configMap?.items !== undefined)
    return placed(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? '')}`);
  if (secret?.items !== undefined) return placed(secret.items, `Secret ${JSON.stringify(secret.name ?? '')}`);
  if (downwardAPI?.items !== undefined) return placed(downwardAPI.items, 'DownwardAPI');
  return serviceAccountToken === undefined ? [] : placed([serviceAccountToken], 'ServiceAccountToken');
}

function placed(items: readonly { readonly path: string }[], source: string): Placed[] {
  return items.map(({ path = '' }) => ({ path: path.replace(/\/+$/, ''), source }));
}

/** One text per pair of files of which one is, or lies in, the other. */
function overlaps(files: readonly Placed[]): string[] {
  const show = ({ path, source }: Placed): string =>
    source === '' ? JSON.stringify(path) : `${JSON.stringify(path)} (${source})`;
  return files.flatMap((file, i) =>
    files
      .slice(0, i)
      .filter(({ path }) => path !== '' && file.path !== '' && (isIn(path, file.path) || isIn(file.path, path)))
      .map((other) => `${show(file)} with ${show(other)}`),
  );
}

function isIn(path: string, folder: string): boolean {
  return `${path}/`.startsWith(`${folder}/`);
}
