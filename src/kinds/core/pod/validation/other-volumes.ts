/** Rules of volume sources of single storage systems, most of which only a driver of theirs still serves. */
import type {
  AzureDiskVolumeSource,
  CSIVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
  StorageOSVolumeSource,
} from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Subdomain, nameIsDNSSubdomain, rangeMessage } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { addMessages, checkLabel, checkPresent, checkSupported, isBlank } from '#kinds/core/pod/validation/context.ts';
import { checkDescendingPath } from '#kinds/core/pod/validation/file-path.ts';

type Check<T> = (errors: FieldError[], source: DeepReadonly<T>, path: string) => void;

const maxPartition = 255;
const cachingModes = ['None', 'ReadOnly', 'ReadWrite'] as const;
const diskKinds = ['Dedicated', 'Managed', 'Shared'] as const;
const managedDisk = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const blobDisk = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

/** Fields that are only required to be there. */
function requires(...fields: readonly string[]): Check<object> {
  return (errors, source, path) => {
    for (const field of fields) {
      const value = (source as Readonly<Record<string, unknown>>)[field];
      const isMissing = Array.isArray(value) ? value.length === 0 : isBlank(value as string | undefined);
      if (isMissing) errors.push(fieldError.required(`${path}.${field}`));
    }
  };
}

const checkDisk =
  (field: string): Check<{ partition?: number }> =>
  (errors, source, path) => {
    requires(field)(errors, source, path);
    const { partition = 0 } = source;
    if (partition < 0 || partition > maxPartition)
      errors.push(fieldError.invalid(`${path}.partition`, partition, rangeMessage(1, maxPartition)));
  };

const checkNfs: Check<NFSVolumeSource> = (errors, source, path) => {
  requires('server', 'path')(errors, source, path);
  if (source.path?.startsWith('/') !== true)
    errors.push(fieldError.invalid(`${path}.path`, source.path ?? '', 'must be an absolute path'));
};

const checkIscsi: Check<ISCSIVolumeSource> = (errors, source, path) => {
  const { targetPortal, iqn, lun = 0, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source;
  checkPresent(errors, targetPortal, `${path}.targetPortal`);
  if (checkPresent(errors, iqn, `${path}.iqn`)) checkInitiator(errors, iqn, `${path}.iqn`);
  if (lun < 0 || lun > 255) errors.push(fieldError.invalid(`${path}.lun`, lun, rangeMessage(0, 255)));
  if ((chapAuthDiscovery === true || chapAuthSession === true) && secretRef === undefined)
    errors.push(fieldError.required(`${path}.secretRef`));
  if (initiatorName !== undefined) checkInitiator(errors, initiatorName, `${path}.initiatorname`);
};

const initiatorForms: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

function checkInitiator(errors: FieldError[], name: string, path: string): void {
  const form = initiatorForms[name.slice(0, 3)];
  if (form === undefined)
    errors.push(fieldError.invalid(path, name, 'must be valid format starting with iqn, eui, or naa'));
  else if (!form.test(name)) errors.push(fieldError.invalid(path, name, 'must be valid format'));
}

const checkFlocker: Check<FlockerVolumeSource> = (errors, { datasetName, datasetUUID }, path) => {
  if (isBlank(datasetName) && isBlank(datasetUUID))
    errors.push(fieldError.required(path, 'one of datasetName and datasetUUID is required'));
  if (!isBlank(datasetName) && !isBlank(datasetUUID)) {
    const text = 'datasetName and datasetUUID can not be specified simultaneously';
    errors.push(fieldError.invalid(path, 'resource', text));
  }
  if (datasetName?.includes('/') === true)
    errors.push(fieldError.invalid(`${path}.datasetName`, datasetName, "must not contain '/'"));
};

const checkQuobyte: Check<QuobyteVolumeSource> = (errors, { registry, tenant, volume }, path) => {
  const text = 'must be a host:port pair or multiple pairs separated by commas';
  if (isBlank(registry)) errors.push(fieldError.required(`${path}.registry`, text));
  else if ((tenant ?? '').length >= 65)
    errors.push(fieldError.required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else
    for (const pair of registry.split(','))
      if (!/^([^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair))
        errors.push(fieldError.invalid(`${path}.registry`, registry, text));
  checkPresent(errors, volume, `${path}.volume`);
};

const checkFibreChannel: Check<FCVolumeSource> = (errors, { targetWWNs = [], wwids = [], lun }, path) => {
  if (targetWWNs.length === 0 && wwids.length === 0)
    errors.push(fieldError.required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length > 0 && wwids.length > 0) {
    const text = 'targetWWNs and wwids can not be specified simultaneously';
    errors.push(fieldError.invalid(`${path}.targetWWNs`, targetWWNs, text));
  }
  if (targetWWNs.length === 0) return;
  if (lun === undefined) errors.push(fieldError.required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  else if (lun < 0 || lun > 255) errors.push(fieldError.invalid(`${path}.lun`, lun, rangeMessage(0, 255)));
};

const checkFlex: Check<FlexVolumeSource> = (errors, { driver, options }, path) => {
  checkPresent(errors, driver, `${path}.driver`);
  for (const key of Object.keys(options ?? {})) {
    const domain = `.${key.split('/')[0] ?? ''}`.toLowerCase();
    if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')) {
      const text = 'kubernetes.io and k8s.io namespaces are reserved';
      errors.push(fieldError.invalid(`${path}.options[${key}]`, key, text));
    }
  }
};

const checkAzureDisk: Check<AzureDiskVolumeSource> = (errors, source, path) => {
  const { diskURI = '', cachingMode, kind } = source;
  requires('diskName', 'diskURI')(errors, source, path);
  checkSupported(errors, cachingMode, `${path}.cachingMode`, cachingModes);
  checkSupported(errors, kind, `${path}.kind`, diskKinds);
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/'))
    errors.push(fieldError.notSupported(`${path}.diskURI`, diskURI, [managedDisk]));
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://'))
    errors.push(fieldError.notSupported(`${path}.diskURI`, diskURI, [blobDisk]));
};

const checkStorageOs: Check<StorageOSVolumeSource> = (errors, source, path) => {
  const { volumeName, volumeNamespace, secretRef } = source;
  if (checkPresent(errors, volumeName, `${path}.volumeName`)) checkLabel(errors, volumeName, `${path}.volumeName`);
  if (volumeNamespace !== undefined && volumeNamespace !== '')
    checkLabel(errors, volumeNamespace, `${path}.volumeNamespace`);
  if (secretRef !== undefined) checkPresent(errors, secretRef.name, `${path}.secretRef.name`);
};

const checkCsi: Check<CSIVolumeSource> = (errors, { driver, nodePublishSecretRef: secret }, path) => {
  checkDriverName(errors, driver, `${path}.driver`);
  if (secret === undefined) return;
  const { name = '' } = secret;
  if (name === '') errors.push(fieldError.required(`${path}.nodePublishSecretRef.name`));
  else addMessages(errors, nameIsDNSSubdomain(name, false), `${path}.name`, name);
};

/** The name of a CSI driver: a subdomain in any case, of at most 63 characters. */
export function checkDriverName(errors: FieldError[], name: string, path: string): void {
  if (!checkPresent(errors, name, path)) return;
  if (name.length > 63) errors.push(fieldError.tooLong(path, 63));
  addMessages(errors, isDNS1123Subdomain(name.toLowerCase()), path, name);
}

const checks: Readonly<Record<string, Check<never>>> = {
  gitRepo: (errors, source: { repository?: string; directory?: string }, path) => {
    checkPresent(errors, source.repository, `${path}.repository`);
    checkDescendingPath(errors, source.directory ?? '', `${path}.directory`);
  },
  gcePersistentDisk: checkDisk('pdName'),
  awsElasticBlockStore: checkDisk('volumeID'),
  nfs: checkNfs,
  iscsi: checkIscsi,
  glusterfs: requires('endpoints', 'path'),
  flocker: checkFlocker,
  rbd: requires('monitors', 'image'),
  cinder: (errors, source: { volumeID?: string; secretRef?: { name?: string } }, path) => {
    checkPresent(errors, source.volumeID, `${path}.volumeID`);
    if (source.secretRef !== undefined) checkPresent(errors, source.secretRef.name, `${path}.secretRef.name`);
  },
  cephfs: requires('monitors'),
  quobyte: checkQuobyte,
  fc: checkFibreChannel,
  flexVolume: checkFlex,
  azureFile: requires('secretName', 'shareName'),
  vsphereVolume: requires('volumePath'),
  photonPersistentDisk: requires('pdID'),
  portworxVolume: requires('volumeID'),
  azureDisk: checkAzureDisk,
  storageos: checkStorageOs,
  scaleIO: requires('gateway', 'system', 'volumeName'),
  csi: checkCsi,
};

export const otherVolumeTypes: ReadonlySet<string> = new Set(Object.keys(checks));

/** `path` is the volume's, without the type. */
export function checkOtherVolume(errors: FieldError[], type: string, source: object, path: string): void {
  // Upstream names this one source after an older field.
  const field = type === 'gcePersistentDisk' ? 'persistentDisk' : type;
  (checks[type] as Check<object> | undefined)?.(errors, source, `${path}.${field}`);
}
