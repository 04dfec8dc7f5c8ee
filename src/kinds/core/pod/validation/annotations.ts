/** Rules of annotations that mean something for pods: mirror, deletion cost, and what seccomp and AppArmor once were. */
import type { Pod } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { type AnySpec, containersWithPaths, isBlank, type PodLeniency } from '#kinds/core/pod/validation/context.ts';
import { checkDescendingPath } from '#kinds/core/pod/validation/file-path.ts';
import { mirrorAnnotation } from '#kinds/core/pod/validation/spec.ts';

type AnyPod = DeepReadonly<Pod>;
type Annotations = Readonly<Record<string, string>>;

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const appArmor = 'container.apparmor.security.beta.kubernetes.io/';

/** `path` is that of the annotations. */
export function checkPodAnnotations(
  errors: FieldError[],
  annotations: Annotations | undefined,
  spec: AnySpec,
  path: string,
  lenient: PodLeniency = {},
): void {
  if (annotations === undefined) return;
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && isBlank(spec.nodeName)) {
    const text = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(fieldError.invalid(`${path}[${mirrorAnnotation}]`, mirror, text));
  }
  const cost = annotations[deletionCost];
  if (cost !== undefined && lenient.deletionCost !== true && !isDeletionCost(cost))
    errors.push(fieldError.invalid(`${path}[${deletionCost}]`, cost, 'must be a 32bit integer'));
  const ofPod = annotations[seccompOfPod];
  if (ofPod !== undefined) checkSeccomp(errors, ofPod, `${path}.${seccompOfPod}`);
  for (const key in annotations)
    if (key.startsWith(seccompOfContainer)) checkSeccomp(errors, annotations[key] ?? '', `${path}.${key}`);
  for (const key in annotations)
    if (key.startsWith(appArmor)) checkAppArmor(errors, key, annotations[key] ?? '', spec, path);
}

/** A 32 bit number, without a plus and without leading zeros. */
export function isDeletionCost(value: string): boolean {
  if (!/^(0|-?[1-9]\d*|-0)$/.test(value)) return false;
  const number = Number(value);
  return number >= -2_147_483_648 && number <= 2_147_483_647;
}

function checkSeccomp(errors: FieldError[], profile: string, path: string): void {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return;
  if (profile.startsWith('localhost/')) checkDescendingPath(errors, profile.slice('localhost/'.length), path);
  else errors.push(fieldError.invalid(path, profile, 'must be a valid seccomp profile'));
}

function checkAppArmor(errors: FieldError[], key: string, profile: string, spec: AnySpec, path: string): void {
  const container = key.slice(appArmor.length);
  const isKnown = containersWithPaths(spec, '').some(([{ name }]) => name === container);
  if (!isKnown) errors.push(fieldError.invalid(`${path}[${key}]`, container, 'container not found'));
  if (['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/')) return;
  const text = `invalid AppArmor profile name: ${JSON.stringify(profile)}`;
  errors.push(fieldError.invalid(`${path}[${key}]`, profile, text));
}

/** Annotations that were read once, when the pod began. */
export function checkAnnotationChange(errors: FieldError[], pod: AnyPod, old: AnyPod, path: string): void {
  const after = pod.metadata.annotations ?? {};
  const before = old.metadata.annotations ?? {};
  for (const [key, value] of Object.entries(before)) {
    if (after[key] === value) continue;
    if (key.startsWith(appArmor))
      errors.push(fieldError.forbidden(`${path}[${key}]`, 'may not remove or update AppArmor annotations'));
    if (key === mirrorAnnotation)
      errors.push(fieldError.forbidden(`${path}[${key}]`, 'may not remove or update mirror pod annotation'));
  }
  for (const key of Object.keys(after)) {
    if (before[key] !== undefined) continue;
    if (key.startsWith(appArmor))
      errors.push(fieldError.forbidden(`${path}[${key}]`, 'may not add AppArmor annotations'));
    if (key === mirrorAnnotation)
      errors.push(fieldError.forbidden(`${path}[${key}]`, 'may not add mirror pod annotation'));
  }
}

/** Whether any annotation is of the kind that fields have replaced: hardly one is. */
export function namesProfiles(annotations: Annotations): boolean {
  for (const key in annotations) if (key.startsWith('container.') || key === seccompOfPod) return true;
  return false;
}

/** Who has both field and annotation must mean the same by them. `path` is that of the spec. */
export function checkProfilesAgree(
  errors: FieldError[],
  annotations: Annotations | undefined,
  spec: AnySpec,
  path: string,
): void {
  if (annotations === undefined || !namesProfiles(annotations)) return;
  const context = spec.securityContext;
  checkSeccompAgrees(
    errors,
    annotations[seccompOfPod],
    context?.seccompProfile,
    `${path}.securityContext.seccompProfile`,
  );
  for (const [{ name, securityContext }, where] of containersWithPaths(spec, path)) {
    const at = `${where}.securityContext.seccompProfile`;
    checkSeccompAgrees(errors, annotations[`${seccompOfContainer}${name}`], securityContext?.seccompProfile, at);
  }
  if (spec.os?.name === 'windows') return;
  for (const [{ name, securityContext }, where] of containersWithPaths(spec, path)) {
    const profile = securityContext?.appArmorProfile ?? context?.appArmorProfile;
    checkAgrees(
      errors,
      annotations[`${appArmor}${name}`],
      profile,
      `${where}.securityContext.appArmorProfile`,
      'apparmor',
    );
  }
}

interface Profile {
  readonly type: string;
  readonly localhostProfile?: string;
}

function checkSeccompAgrees(
  errors: FieldError[],
  annotation: string | undefined,
  profile: Profile | undefined,
  path: string,
): void {
  const value = annotation === 'docker/default' ? 'runtime/default' : annotation;
  checkAgrees(errors, value, profile, path, 'seccomp');
}

function checkAgrees(
  errors: FieldError[],
  annotation: string | undefined,
  profile: Profile | undefined,
  path: string,
  word: string,
): void {
  if (annotation === undefined || profile === undefined) return;
  const typeText = `${word} type in annotation and field must match`;
  const mismatch = (): void => void errors.push(fieldError.forbidden(`${path}.type`, typeText));
  if (profile.type === 'Unconfined' && annotation !== 'unconfined') mismatch();
  if (profile.type === 'RuntimeDefault' && annotation !== 'runtime/default') mismatch();
  if (profile.type !== 'Localhost') return;
  if (!annotation.startsWith('localhost/')) mismatch();
  else if (profile.localhostProfile !== annotation.slice('localhost/'.length)) {
    const text = `${word} profile in annotation and field must match`;
    errors.push(fieldError.forbidden(`${path}.localhostProfile`, text));
  }
}
