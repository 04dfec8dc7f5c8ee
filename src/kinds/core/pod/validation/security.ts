/** Rules of security contexts: users, seccomp, AppArmor, sysctls. */
import type { AppArmorProfile, SeccompProfile, SecurityContext } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isInRange, utf8Length } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { addMessages, checkSupported, isBlank, type PodCheck } from '#kinds/core/pod/validation/context.ts';
import { checkDescendingPath } from '#kinds/core/pod/validation/file-path.ts';
import { internalValue } from '#kinds/core/internal-json.ts';
import { checkWindowsOptions } from '#kinds/core/pod/validation/windows.ts';

type Context = DeepReadonly<SecurityContext>;

const maxId = 2_147_483_647;
const maxSysctl = 253;
const maxProfile = 4095;
const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'] as const;
const procMounts = ['Default', 'Unmasked'] as const;
const ownershipPolicies = ['Always', 'OnRootMismatch'] as const;
const groupsPolicies = ['Merge', 'Strict'] as const;
/** `MountOption` needs a feature that v1.36 leaves off. */
const relabelPolicies = ['Recursive'] as const;
const ipcSysctls: ReadonlySet<string> = new Set(
  ['sem', 'shm', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced', 'msg', 'msgmax', 'msgmnb', 'msgmni'].map(
    (name) => `kernel.${name}`,
  ),
);
const segment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlText = `^(${segment}[\\./])*${segment}$`;
const sysctlPattern = new RegExp(`^(${segment}[./])*${segment}$`);

function checkId(errors: FieldError[], id: number | undefined, path: string): void {
  if (id !== undefined && !(id >= 0 && id <= maxId)) addMessages(errors, isInRange(id, 0, maxId), path, id);
}

export function checkPodSecurity(check: PodCheck, path: string): void {
  const { errors, spec } = check;
  const context = spec.securityContext;
  if (context === undefined) return;
  checkId(errors, context.fsGroup, `${path}.fsGroup`);
  checkId(errors, context.runAsUser, `${path}.runAsUser`);
  checkId(errors, context.runAsGroup, `${path}.runAsGroup`);
  context.supplementalGroups?.forEach((id, i) => checkId(errors, id, `${path}.supplementalGroups[${i}]`));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(fieldError.invalid(`${path}.shareProcessNamespace`, true, text));
  }
  if (context.sysctls !== undefined) checkSysctls(check, context.sysctls, `${path}.sysctls`);
  checkSupported(errors, context.fsGroupChangePolicy, `${path}.fsGroupChangePolicy`, ownershipPolicies);
  checkSeccomp(errors, context.seccompProfile, `${path}.seccompProfile`);
  checkWindowsOptions(errors, context.windowsOptions, `${path}.windowsOptions`);
  checkAppArmor(errors, context.appArmorProfile, `${path}.appArmorProfile`);
  checkSupported(errors, context.supplementalGroupsPolicy, `${path}.supplementalGroupsPolicy`, groupsPolicies);
  checkSupported(errors, context.seLinuxChangePolicy, `${path}.seLinuxChangePolicy`, relabelPolicies);
}

function checkSysctls(check: PodCheck, sysctls: readonly { readonly name: string }[], path: string): void {
  const { errors, spec, lenient } = check;
  sysctls.forEach(({ name = '' }, i) => {
    const at = `${path}[${i}].name`;
    if (name === '') errors.push(fieldError.required(at));
    else if (name.length > maxSysctl || !sysctlPattern.test(name)) {
      const text = `must have at most ${maxSysctl} characters and match regex ${sysctlText}`;
      errors.push(fieldError.invalid(at, name, text));
    } else if (sysctls.findIndex((other) => other.name === name) < i) errors.push(fieldError.duplicate(at, name));
    const host = lenient.hostSysctls === true ? undefined : hostOfSysctl(spec, name);
    if (host !== undefined) errors.push(fieldError.invalid(at, name, `may not be specified when '${host}' is true`));
  });
}

/** The field that gives a pod the host's namespace to which the sysctl belongs, if it is set. */
export function hostOfSysctl(
  { hostNetwork, hostIPC }: { readonly hostNetwork?: boolean; readonly hostIPC?: boolean },
  sysctl: string,
): 'hostNetwork' | 'hostIPC' | undefined {
  const name = sysctl.replaceAll('/', '.');
  if (hostNetwork === true && name.startsWith('net.')) return 'hostNetwork';
  return hostIPC === true && (ipcSysctls.has(name) || name.startsWith('fs.mqueue.')) ? 'hostIPC' : undefined;
}

export function checkSeccomp(
  errors: FieldError[],
  profile: DeepReadonly<SeccompProfile> | undefined,
  path: string,
): void {
  if (profile === undefined) return;
  const { type, localhostProfile: file } = profile;
  if (isBlank(type)) errors.push(fieldError.required(`${path}.type`, 'type is required when seccompProfile is set'));
  else checkSupported(errors, type, `${path}.type`, profileTypes);
  if (type === 'Localhost') {
    const text = 'must be set when seccomp type is Localhost';
    if (file === undefined) errors.push(fieldError.required(`${path}.localhostProfile`, text));
    else checkDescendingPath(errors, file, `${path}.localhostProfile`);
  } else if (file !== undefined) {
    const text = 'can only be set when seccomp type is Localhost';
    errors.push(fieldError.invalid(`${path}.localhostProfile`, internalValue('SeccompProfile', profile), text));
  }
}

function checkAppArmor(errors: FieldError[], profile: DeepReadonly<AppArmorProfile> | undefined, path: string): void {
  if (profile === undefined) return;
  const { type, localhostProfile: file } = profile;
  if (isBlank(type)) errors.push(fieldError.required(`${path}.type`, 'type is required when appArmorProfile is set'));
  else if (type === 'Localhost') checkLocalProfile(errors, file, `${path}.localhostProfile`);
  else if (type === 'RuntimeDefault' || type === 'Unconfined') {
    const text = 'can only be set when AppArmor type is Localhost';
    if (file !== undefined) errors.push(fieldError.invalid(`${path}.localhostProfile`, file, text));
  } else checkSupported(errors, type, `${path}.type`, profileTypes);
}

function checkLocalProfile(errors: FieldError[], file: string | undefined, path: string): void {
  const required = 'must be set when AppArmor type is Localhost';
  if (file === undefined) {
    errors.push(fieldError.required(path, required));
    return;
  }
  if (file.trim() !== file) errors.push(fieldError.invalid(path, file, 'must not be padded with whitespace'));
  else if (file === '') errors.push(fieldError.required(path, required));
  if (utf8Length(file) > maxProfile) errors.push(fieldError.tooLong(path, maxProfile));
}

export function checkSecurity({ errors, hostUsers }: PodCheck, context: Context | undefined, path: string): void {
  if (context === undefined) return;
  checkId(errors, context.runAsUser, `${path}.runAsUser`);
  checkId(errors, context.runAsGroup, `${path}.runAsGroup`);
  checkSupported(errors, context.procMount, `${path}.procMount`, procMounts);
  if (hostUsers && context.procMount === 'Unmasked') {
    const text = '`hostUsers` must be false to use `Unmasked`';
    errors.push(fieldError.invalid(`${path}.procMount`, context.procMount, text));
  }
  checkSeccomp(errors, context.seccompProfile, `${path}.seccompProfile`);
  if (context.allowPrivilegeEscalation === false) checkEscalation(errors, context, path);
  checkWindowsOptions(errors, context.windowsOptions, `${path}.windowsOptions`);
  checkAppArmor(errors, context.appArmorProfile, `${path}.appArmorProfile`);
}

function checkEscalation(errors: FieldError[], context: Context, path: string): void {
  const text = 'cannot set `allowPrivilegeEscalation` to false and';
  const shown = internalValue('SecurityContext', context);
  if (context.privileged === true) errors.push(fieldError.invalid(path, shown, `${text} \`privileged\` to true`));
  for (const capability of context.capabilities?.add ?? [])
    if (capability === 'CAP_SYS_ADMIN')
      errors.push(fieldError.invalid(path, shown, `${text} \`capabilities.Add\` CAP_SYS_ADMIN`));
}
