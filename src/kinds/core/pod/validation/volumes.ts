/** Rules of a pod's volumes: one source each, and the rules of the common sources. */
import type { DownwardAPIVolumeSource, EphemeralVolumeSource, KeyToPath } from '#api/generated/core/v1.ts';
import type { ObjectMeta } from '#api/object.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Label, isDNS1123Subdomain } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { parseQuantity } from '#lang/quantity/quantity.ts';
import { checkClaimTemplate } from '#kinds/core/persistentvolumeclaim/spec-validation.ts';
import {
  addMessages,
  type AnyVolume,
  checkPresent,
  checkRequiredSupported,
  checkSupported,
  isBlank,
  type PodCheck,
} from '#kinds/core/pod/validation/context.ts';
import { checkMode, checkNoBacksteps } from '#kinds/core/pod/validation/file-path.ts';
import { checkDownwardApiFile, checkKeyToPath } from '#kinds/core/pod/validation/volume-files.ts';
import { checkProjected } from '#kinds/core/pod/validation/projected.ts';
import { checkOtherVolume, otherVolumeTypes } from '#kinds/core/pod/validation/other-volumes.ts';

type Meta = DeepReadonly<ObjectMeta> | undefined;

/** In the order in which upstream looks for them; the second of two is the one that is refused. */
const volumeTypes = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
] as const satisfies readonly (keyof AnyVolume)[];
/** How messages about a second source spell it. */
const oddNames: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };
const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
] as const;
const pullPolicies = ['Always', 'IfNotPresent', 'Never'] as const;

/** Fills `check.volumes` with those that are right. */
export function checkVolumes(check: PodCheck, meta: Meta, path: string): void {
  const { errors, spec, volumes } = check;
  spec.volumes?.forEach((volume, i) => {
    const name = volume.name ?? '';
    const at = `${path}[${i}]`;
    const before = errors.length;
    checkSource(check, volume, meta, at);
    if (name === '') errors.push(fieldError.required(`${at}.name`));
    else addMessages(errors, isDNS1123Label(name), `${at}.name`, name);
    if (volumes.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
    if (errors.length === before) volumes.set(name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && isCreatedClaim(check, meta, claim)) {
      const text = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(fieldError.invalid(`${at}.persistentVolumeClaim.claimName`, claim, text));
    }
  });
}

/** Claims of ephemeral volumes are named after pod and volume. */
function isCreatedClaim({ spec }: PodCheck, meta: Meta, claim: string): boolean {
  if (isBlank(meta?.name)) return false;
  return (
    spec.volumes?.some(({ ephemeral, name }) => ephemeral !== undefined && claim === `${meta?.name}-${name}`) === true
  );
}

function checkSource(check: PodCheck, volume: AnyVolume, meta: Meta, path: string): void {
  const { errors } = check;
  let count = 0;
  for (const type of volumeTypes) {
    if (volume[type] === undefined) continue;
    if (++count > 1)
      errors.push(fieldError.forbidden(`${path}.${oddNames[type] ?? type}`, 'may not specify more than 1 volume type'));
    else checkType(check, type, volume, meta, path);
    if (type === 'iscsi') checkPortalLength(errors, volume, path);
  }
  if (count === 0) errors.push(fieldError.required(path, 'must specify a volume type'));
}

function checkPortalLength(errors: FieldError[], { name, iscsi }: AnyVolume, path: string): void {
  if (iscsi?.initiatorName === undefined || `${name}:${iscsi.targetPortal}`.length <= 64) return;
  const text =
    'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
  errors.push(fieldError.invalid(`${path}.name`, name, text));
}

function checkType(
  check: PodCheck,
  type: (typeof volumeTypes)[number],
  volume: AnyVolume,
  meta: Meta,
  path: string,
): void {
  const { errors } = check;
  const { emptyDir, secret, configMap, projected, downwardAPI, hostPath, ephemeral, image } = volume;
  const at = `${path}.${type}`;
  if (type === 'secret' && secret !== undefined) checkKeys(errors, secret.secretName, secret, at, 'secretName');
  else if (type === 'configMap' && configMap !== undefined) checkKeys(errors, configMap.name, configMap, at, 'name');
  else if (type === 'projected' && projected !== undefined) checkProjected(check, projected, at);
  else if (type === 'downwardAPI' && downwardAPI !== undefined) checkDownwardApi(errors, downwardAPI, at);
  else if (type === 'emptyDir') {
    const text = 'SizeLimit field must be a valid resource quantity';
    if (emptyDir?.sizeLimit !== undefined && parseQuantity(emptyDir.sizeLimit).nanos < 0n)
      errors.push(fieldError.forbidden(`${at}.sizeLimit`, text));
  } else if (type === 'hostPath' && hostPath !== undefined) {
    if (!checkPresent(errors, hostPath.path, `${at}.path`)) return;
    checkNoBacksteps(errors, hostPath.path, `${at}.path`);
    checkSupported(errors, hostPath.type, `${at}.type`, hostPathTypes);
  } else if (type === 'persistentVolumeClaim') {
    checkPresent(errors, volume.persistentVolumeClaim?.claimName, `${at}.claimName`);
  } else if (type === 'ephemeral' && ephemeral !== undefined) checkEphemeral(errors, ephemeral, volume, meta, path);
  else if (type === 'image' && image !== undefined) {
    if (check.isPod) checkPresent(errors, image.reference, `${at}.reference`);
    checkRequiredSupported(errors, image.pullPolicy, `${at}.pullPolicy`, pullPolicies);
  } else if (otherVolumeTypes.has(type)) checkOtherVolume(errors, type, volume[type] as object, path);
}

function checkEphemeral(
  errors: FieldError[],
  { volumeClaimTemplate: template }: DeepReadonly<EphemeralVolumeSource>,
  { name }: AnyVolume,
  meta: Meta,
  path: string,
): void {
  const at = `${path}.ephemeral.volumeClaimTemplate`;
  if (template === undefined) errors.push(fieldError.required(at));
  else checkClaimTemplate(errors, template, at);
  if (isBlank(meta?.name) || isBlank(name)) return;
  const claim = `${meta?.name}-${name}`;
  for (const message of isDNS1123Subdomain(claim))
    errors.push(fieldError.invalid(`${path}.name`, name, `PVC name ${JSON.stringify(claim)}: ${message}`));
}

interface KeySource {
  readonly items?: readonly DeepReadonly<KeyToPath>[];
  readonly defaultMode?: number;
}

/** Secrets and config maps: a name, a mode, and keys with their files. */
function checkKeys(
  errors: FieldError[],
  name: string | undefined,
  { items, defaultMode }: KeySource,
  path: string,
  nameField: string,
): void {
  checkPresent(errors, name, `${path}.${nameField}`);
  checkMode(errors, defaultMode, `${path}.defaultMode`);
  items?.forEach((item, i) => checkKeyToPath(errors, item, `${path}.items[${i}]`));
}

function checkDownwardApi(
  errors: FieldError[],
  { defaultMode, items }: DeepReadonly<DownwardAPIVolumeSource>,
  path: string,
): void {
  checkMode(errors, defaultMode, `${path}.defaultMode`);
  for (const file of items ?? []) checkDownwardApiFile(errors, file, path);
}
