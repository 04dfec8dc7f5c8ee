/** Defaults of volume sources that pods and PersistentVolumes share: those of old in-tree drivers. */

type Source = Record<string, unknown>;

/** Fields in which an empty text counts as left out. */
const filled: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  iscsi: { iscsiInterface: 'default' },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
};
const azureDisk: Readonly<Record<string, unknown>> = {
  cachingMode: 'ReadWrite',
  fsType: 'ext4',
  kind: 'Shared',
  readOnly: false,
};

/** Of a pod's volume or a PersistentVolume's spec; changes it. */
export function defaultDriverVolume(volume: object): void {
  const sources = volume as Readonly<Record<string, Source | undefined>>;
  for (const type in filled) {
    const source = sources[type];
    if (source === undefined) continue;
    const defaults = filled[type] as Readonly<Record<string, string>>;
    for (const field in defaults) source[field] ||= defaults[field];
  }
  const disk = sources['azureDisk'];
  if (disk !== undefined) for (const field in azureDisk) disk[field] ??= azureDisk[field];
}
