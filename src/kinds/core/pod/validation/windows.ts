/** Rules of Windows' security options, and of what pods of one operating system may not set of the other's. */
import type { WindowsSecurityContextOptions } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkSubdomain, containersWithPaths, type PodCheck } from '#kinds/core/pod/validation/context.ts';

type Options = DeepReadonly<WindowsSecurityContextOptions>;

const maxCredentialSpec = 64 * 1024;
const maxDomain = 256;
const maxUser = 104;
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsName = new RegExp(`^${label}(?:\\.${label})*$`);
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\u0000-\u001f\u007f]/;

export function checkWindowsOptions(errors: FieldError[], options: Options | undefined, path: string): void {
  if (options === undefined) return;
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options;
  if (name !== undefined) checkSubdomain(errors, name, `${path}.gmsaCredentialSpecName`);
  if (spec === '') {
    const text = 'gmsaCredentialSpec cannot be an empty string';
    errors.push(fieldError.invalid(`${path}.gmsaCredentialSpec`, spec, text));
  } else if (spec !== undefined && spec.length > maxCredentialSpec) {
    const text = 'gmsaCredentialSpec size must be under 64 KiB';
    errors.push(fieldError.invalid(`${path}.gmsaCredentialSpec`, spec, text));
  }
  if (user === undefined) return;
  for (const message of userMessages(user)) errors.push(fieldError.invalid(`${path}.runAsUserName`, user, message));
}

/** `NAME` or `DOMAIN\NAME`. */
function userMessages(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (control.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts[parts.length - 1] ?? '';
  const domain = parts.length === 2 ? parts[0] : undefined;
  const messages: string[] = [];
  if (domain !== undefined && domain.length >= maxDomain)
    messages.push(`runAsUserName's Domain length must be under ${maxDomain} characters`);
  if (domain !== undefined && !netBiosName.test(domain) && !dnsName.test(domain))
    messages.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === '') messages.push("runAsUserName's User cannot be empty");
  else if (user.length > maxUser)
    messages.push(`runAsUserName's User length must not be longer than ${maxUser} characters`);
  if (/^[. ]+$/.test(user)) messages.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user))
    messages.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return messages;
}

/** Containers that run as processes of a Windows host: all of a pod, or none. */
export function checkHostProcess({ errors, spec }: PodCheck, path: string): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let count = 0;
  let hostProcesses = 0;
  for (const [container, at] of containersWithPaths(spec, path)) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    count++;
    if (own ?? ofPod ?? false) hostProcesses++;
    if (ofPod === undefined || own === undefined || own === ofPod) continue;
    const text = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
    errors.push(fieldError.invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, text));
  }
  if (hostProcesses === 0) return;
  if (hostProcesses !== count) {
    const text = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(fieldError.invalid(path, '', text));
  }
  if (spec.hostNetwork === true) return;
  const text = 'hostNetwork must be true if pod contains any hostProcess containers';
  errors.push(fieldError.invalid(`${path}.hostNetwork`, false, text));
}

export function checkLinux({ errors, spec }: PodCheck, path: string): void {
  const text = 'windows options cannot be set for a linux pod';
  if (spec.securityContext?.windowsOptions !== undefined)
    errors.push(fieldError.forbidden(`${path}.securityContext.windowsOptions`, text));
  for (const [container, at] of containersWithPaths(spec, path))
    if (container.securityContext?.windowsOptions !== undefined)
      errors.push(fieldError.forbidden(`${at}.securityContext.windowsOptions`, text));
}

const podFieldsOfLinux = [
  'appArmorProfile',
  'seLinuxOptions',
  'hostUsers',
  'hostPID',
  'hostIPC',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'shareProcessNamespace',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;
const specFields: ReadonlySet<string> = new Set(['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace']);
const containerFieldsOfLinux = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

export function checkWindows({ errors, spec }: PodCheck, path: string): void {
  const text = 'cannot be set for a windows pod';
  const context = (spec.securityContext ?? {}) as Readonly<Record<string, unknown>>;
  for (const field of podFieldsOfLinux) {
    const isOfSpec = specFields.has(field);
    const value = isOfSpec ? (spec as Readonly<Record<string, unknown>>)[field] : context[field];
    if (!isSet(field, value)) continue;
    errors.push(fieldError.forbidden(isOfSpec ? `${path}.${field}` : `${path}.securityContext.${field}`, text));
  }
  for (const [container, at] of containersWithPaths(spec, path)) {
    const own = container.securityContext as Readonly<Record<string, unknown>> | undefined;
    if (own === undefined) continue;
    for (const field of containerFieldsOfLinux)
      if (own[field] !== undefined) errors.push(fieldError.forbidden(`${at}.securityContext.${field}`, text));
  }
}

/** Upstream's plain booleans and lists are unset when false or empty, its pointers only when absent. */
function isSet(field: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (field === 'hostPID' || field === 'hostIPC') return value === true;
  return field !== 'sysctls' || (value as readonly unknown[]).length > 0;
}
