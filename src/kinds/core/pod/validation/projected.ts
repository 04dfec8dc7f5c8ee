/** Rules of projected volumes: several sources in one tree of files, without files in each other's place. */
import type { ProjectedVolumeSource, VolumeProjection } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkPresent, isBlank, type PodCheck } from '#kinds/core/pod/validation/context.ts';
import { checkMode, checkNonReservedPath } from '#kinds/core/pod/validation/file-path.ts';
import { checkDownwardApiFile, checkKeyToPath } from '#kinds/core/pod/validation/volume-files.ts';

type Source = DeepReadonly<VolumeProjection>;

const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;
const conflict = 'conflicting duplicate paths';

export function checkProjected(
  { errors, lenient }: PodCheck,
  { defaultMode, sources }: DeepReadonly<ProjectedVolumeSource>,
  path: string,
): void {
  checkMode(errors, defaultMode, `${path}.defaultMode`);
  const taken = new Set<string>();
  sources?.forEach((source, i) => {
    const at = `${path}.sources[${i}]`;
    checkKeySource(errors, source.secret, taken, `${at}.secret`, path);
    checkKeySource(errors, source.configMap, taken, `${at}.configMap`, path);
    for (const file of source.downwardAPI?.items ?? []) {
      checkDownwardApiFile(errors, file, `${at}.downwardAPI`);
      if (!isBlank(file.path)) claimPath(errors, taken, file.path, path, file.path);
    }
    checkToken(errors, source, at, path, lenient.tokenPath === true);
    const { secret, configMap, downwardAPI, serviceAccountToken } = source;
    const count = [secret, configMap, downwardAPI, serviceAccountToken].filter((part) => part !== undefined).length;
    if (count > 1) errors.push(fieldError.forbidden(at, 'may not specify more than 1 volume type per source'));
  });
}

function checkKeySource(
  errors: FieldError[],
  source: Source['secret'],
  taken: Set<string>,
  path: string,
  volumePath: string,
): void {
  if (source === undefined) return;
  checkPresent(errors, source.name, `${path}.name`);
  source.items?.forEach((item, i) => {
    checkKeyToPath(errors, item, `${path}.items[${i}]`);
    if (!isBlank(item.path)) claimPath(errors, taken, item.path, volumePath, source.name ?? '');
  });
}

function claimPath(errors: FieldError[], taken: Set<string>, file: string, path: string, shown: string): void {
  if (taken.has(file)) errors.push(fieldError.invalid(path, shown, conflict));
  else taken.add(file);
}

function checkToken(
  errors: FieldError[],
  { serviceAccountToken: token }: Source,
  path: string,
  volumePath: string,
  anyPath: boolean,
): void {
  if (token === undefined) return;
  const seconds = token.expirationSeconds ?? 0;
  const refuse = (text: string): void =>
    void errors.push(fieldError.invalid(`${path}.serviceAccountToken.expirationSeconds`, seconds, text));
  if (seconds < minTokenSeconds) refuse('may not specify a duration less than 10 minutes');
  if (seconds > maxTokenSeconds) refuse('may not specify a duration larger than 2^32 seconds');
  if (checkPresent(errors, token.path, `${volumePath}.path`) && !anyPath)
    checkNonReservedPath(errors, token.path, `${volumePath}.path`);
}
