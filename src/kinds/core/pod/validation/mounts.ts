/** Rules of a container's volume mounts and block devices. */
import type { VolumeDevice, VolumeMount } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import {
  type AnyContainer,
  type AnyVolume,
  checkSupported,
  isBlank,
  type PodCheck,
} from '#kinds/core/pod/validation/context.ts';
import { checkDescendingPath, hasBacksteps } from '#kinds/core/pod/validation/file-path.ts';

type Mount = DeepReadonly<VolumeMount>;
type Device = DeepReadonly<VolumeDevice>;

const propagations = ['Bidirectional', 'HostToContainer', 'None'] as const;
const recursive = ['Disabled', 'Enabled', 'IfPossible'] as const;

export function checkMounts({ errors, volumes }: PodCheck, container: AnyContainer, path: string): void {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  mounts.forEach((mount, i) => {
    const { name, mountPath } = mount;
    const invalid = (field: string, value: string, text: string): void =>
      void errors.push(fieldError.invalid(`${path}[${i}].${field}`, value, text));
    if (isBlank(name)) errors.push(fieldError.required(`${path}[${i}].name`));
    if (!volumes.has(name)) errors.push(fieldError.notFound(`${path}[${i}].name`, name));
    if (isBlank(mountPath)) errors.push(fieldError.required(`${path}[${i}].mountPath`));
    if (mounts.findIndex((other) => other.mountPath === mountPath) < i)
      invalid('mountPath', mountPath, 'must be unique');
    if (devices.some((device) => device.name === name))
      invalid('name', name, 'must not already exist in volumeDevices');
    if (devices.some((device) => device.devicePath === mountPath))
      invalid('mountPath', mountPath, 'must not already exist as a path in volumeDevices');
    checkSubPaths(errors, mount, path, i);
    if (mount.mountPropagation !== undefined)
      checkPropagation(errors, mount.mountPropagation, container, `${path}.mountPropagation`);
    if (mount.recursiveReadOnly !== undefined) checkRecursive(errors, mount, `${path}.recursiveReadOnly`);
  });
}

function checkSubPaths(errors: FieldError[], { subPath, subPathExpr }: Mount, path: string, i: number): void {
  if (subPath !== undefined && subPath !== '') checkDescendingPath(errors, subPath, `${path}.subPath`);
  if (subPathExpr === undefined || subPathExpr === '') return;
  if (!isBlank(subPath)) {
    const text = 'subPathExpr and subPath are mutually exclusive';
    errors.push(fieldError.invalid(`${path}[${i}].subPathExpr`, subPathExpr, text));
  }
  checkDescendingPath(errors, subPathExpr, `${path}.subPathExpr`);
}

function checkPropagation(errors: FieldError[], value: string, container: AnyContainer, path: string): void {
  checkSupported(errors, value, path, propagations);
  if (value === 'Bidirectional' && container.securityContext?.privileged !== true) {
    const text = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(fieldError.forbidden(path, text));
  }
}

function checkRecursive(errors: FieldError[], mount: Mount, path: string): void {
  const { recursiveReadOnly, readOnly, mountPropagation } = mount;
  checkSupported(errors, recursiveReadOnly, path, recursive);
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible') return;
  if (readOnly !== true) errors.push(fieldError.forbidden(path, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    const text = 'may only be specified when mountPropagation is None or not specified';
    errors.push(fieldError.forbidden(path, text));
  }
}

export function checkDevices({ errors, volumes }: PodCheck, container: AnyContainer, path: string): void {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  const seen = new Set<string>();
  devices.forEach(({ name, devicePath }: Device, i) => {
    const invalid = (field: string, value: string, text: string): void =>
      void errors.push(fieldError.invalid(`${path}[${i}].${field}`, value, text));
    const volume = volumes.get(name);
    if (isBlank(name)) errors.push(fieldError.required(`${path}[${i}].name`));
    if (!isBlank(name) && devices.findIndex((other) => other.name === name) < i)
      invalid('name', name, 'must be unique');
    if (volume === undefined) errors.push(fieldError.notFound(`${path}[${i}].name`, name));
    else if (!isClaim(volume)) {
      const text = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      invalid('name', name, text);
    }
    if (isBlank(devicePath)) errors.push(fieldError.required(`${path}[${i}].devicePath`));
    if (seen.has(devicePath)) invalid('devicePath', devicePath, 'must be unique');
    if (hasBacksteps(devicePath)) invalid('devicePath', devicePath, "can not contain backsteps ('..')");
    else seen.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) invalid('name', name, 'must not already exist in volumeMounts');
    if (mounts.some((mount) => mount.mountPath === devicePath))
      invalid('devicePath', devicePath, 'must not already exist as a path in volumeMounts');
  });
}

function isClaim({ persistentVolumeClaim, ephemeral }: AnyVolume): boolean {
  return persistentVolumeClaim !== undefined || ephemeral !== undefined;
}
