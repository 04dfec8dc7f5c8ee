/** Rules of environment variables and of the fields they, and files of volumes, may show. */
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isConfigMapKey, isDNS1123Subdomain, isRelaxedEnvVarName, nameIsDNSSubdomain } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { parseQuantity, quantityText } from '#lang/quantity/quantity.ts';
import {
  addMessages,
  checkLabel,
  checkPresent,
  checkQualifiedName,
  isBlank,
} from '#kinds/core/pod/validation/context.ts';
import { checkNoBacksteps } from '#kinds/core/pod/validation/file-path.ts';

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
] as const;
const knownFields: ReadonlySet<string> = new Set([
  ...envFields,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);
const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
] as const;
const byteDivisors: ReadonlySet<string> = new Set('1 1k 1M 1G 1T 1P 1E 1Ki 1Mi 1Gi 1Ti 1Pi 1Ei'.split(' '));
const byteDivisorText =
  "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the";
const sourcesText =
  'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
const moreThanOne = 'may not have more than one field specified at a time';

export function checkEnv(errors: FieldError[], list: readonly DeepReadonly<EnvVar>[] | undefined, path: string): void {
  list?.forEach(({ name, value, valueFrom }, i) => {
    if (isBlank(name)) errors.push(fieldError.required(`${path}[${i}].name`));
    else addMessages(errors, isRelaxedEnvVarName(name), `${path}[${i}].name`, name);
    if (valueFrom !== undefined) checkValueFrom(errors, valueFrom, value, `${path}[${i}].valueFrom`);
  });
}

function checkValueFrom(
  errors: FieldError[],
  source: DeepReadonly<EnvVarSource>,
  value: string | undefined,
  path: string,
): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  let count = 0;
  if (fieldRef !== undefined && ++count > 0) checkFieldRef(errors, fieldRef, `${path}.fieldRef`, envFields);
  if (resourceFieldRef !== undefined && ++count > 0)
    checkResourceFieldRef(errors, resourceFieldRef, `${path}.resourceFieldRef`);
  if (configMapKeyRef !== undefined && ++count > 0) checkKeyRef(errors, configMapKeyRef, `${path}.configMapKeyRef`);
  if (secretKeyRef !== undefined && ++count > 0) checkKeyRef(errors, secretKeyRef, `${path}.secretKeyRef`);
  if (fileKeyRef !== undefined && ++count > 0) checkFileKeyRef(errors, fileKeyRef, `${path}.fileKeyRef`);
  if (count === 0) errors.push(fieldError.invalid(path, '', sourcesText));
  else if (!isBlank(value)) errors.push(fieldError.invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(fieldError.invalid(path, '', moreThanOne));
}

/** A field of the pod. `fields` are those that may be shown here, sorted. */
export function checkFieldRef(
  errors: FieldError[],
  { apiVersion, fieldPath }: DeepReadonly<ObjectFieldSelector>,
  path: string,
  fields: readonly string[],
): void {
  if (!checkPresent(errors, apiVersion, `${path}.apiVersion`)) return;
  if (!checkPresent(errors, fieldPath, `${path}.fieldPath`)) return;
  const subscripted = splitSubscript(fieldPath);
  const problem = conversionProblem(apiVersion, fieldPath, subscripted?.path);
  if (problem !== undefined) {
    errors.push(fieldError.invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${problem}`));
  } else if (subscripted !== undefined) {
    const { subscript } = subscripted;
    const isAnnotation = subscripted.path === 'metadata.annotations';
    checkQualifiedName(errors, isAnnotation ? subscript.toLowerCase() : subscript, path);
  } else {
    const converted = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
    if (!fields.includes(converted)) errors.push(fieldError.notSupported(`${path}.fieldPath`, converted, fields));
  }
}

/** `metadata.labels['app']` is the path `metadata.labels` and the subscript `app`. */
function splitSubscript(fieldPath: string): { path: string; subscript: string } | undefined {
  if (!fieldPath.endsWith("']")) return undefined;
  const start = fieldPath.indexOf("['");
  if (start <= 0) return undefined;
  return { path: fieldPath.slice(0, start), subscript: fieldPath.slice(start + 2, -2) };
}

function conversionProblem(version: string, fieldPath: string, subscripted: string | undefined): string | undefined {
  if (version !== 'v1') return `unsupported pod version: ${version}`;
  if (subscripted !== undefined) {
    const isMap = subscripted === 'metadata.annotations' || subscripted === 'metadata.labels';
    return isMap ? undefined : `field label does not support subscript: ${fieldPath}`;
  }
  const isKnown = knownFields.has(fieldPath) || fieldPath === 'spec.host';
  return isKnown ? undefined : `field label not supported: ${fieldPath}`;
}

/** An amount of a container's resources. Files of volumes say whose: `isFile`. */
export function checkResourceFieldRef(
  errors: FieldError[],
  { containerName, resource, divisor }: DeepReadonly<ResourceFieldSelector>,
  path: string,
  { isFile }: { readonly isFile: boolean } = { isFile: false },
): void {
  const isHugePages = resource.startsWith('limits.hugepages-') || resource.startsWith('requests.hugepages-');
  if (isFile && isBlank(containerName)) errors.push(fieldError.required(`${path}.containerName`));
  else if (isBlank(resource)) errors.push(fieldError.required(`${path}.resource`));
  else if (!isHugePages && !(resourceFields as readonly string[]).includes(resource))
    errors.push(fieldError.notSupported(`${path}.resource`, resource, resourceFields));
  if (divisor !== undefined) checkDivisor(errors, resource, divisor, `${path}.divisor`);
}

function checkDivisor(errors: FieldError[], resource: string, divisor: string | number, path: string): void {
  const quantity = parseQuantity(divisor);
  if (quantity.nanos === 0n) return;
  const text = quantityText(quantity);
  const name = resource.slice(resource.indexOf('.') + 1);
  const refuse = (detail: string): void => void errors.push(fieldError.invalid(path, resource, detail));
  if (name === 'cpu') {
    if (text !== '1m' && text !== '1') refuse("only divisor's values 1m and 1 are supported with the cpu resource");
  } else if (byteDivisors.has(text)) return;
  else if (name === 'memory') refuse(`${byteDivisorText} memory resource`);
  else if (name === 'ephemeral-storage') refuse(`${byteDivisorText} local ephemeral storage resource`);
  else if (name.startsWith('hugepages-')) refuse(`${byteDivisorText} hugepages resource`);
}

function checkKeyRef(errors: FieldError[], { name = '', key }: DeepReadonly<ConfigMapKeySelector>, path: string): void {
  addMessages(errors, isDNS1123Subdomain(name), `${path}.name`, name);
  if (checkPresent(errors, key, `${path}.key`)) addMessages(errors, isConfigMapKey(key), `${path}.key`, key);
}

function checkFileKeyRef(errors: FieldError[], source: DeepReadonly<FileKeySelector>, path: string): void {
  const { key, volumeName, path: file } = source;
  if (checkPresent(errors, key, `${path}.key`)) addMessages(errors, isRelaxedEnvVarName(key), `${path}.key`, key);
  if (checkPresent(errors, volumeName, `${path}.volumeName`)) checkLabel(errors, volumeName, `${path}.volumeName`);
  if (checkPresent(errors, file, `${path}.path`)) checkNoBacksteps(errors, file, `${path}.path`);
}

export function checkEnvFrom(
  errors: FieldError[],
  list: readonly DeepReadonly<EnvFromSource>[] | undefined,
  path: string,
): void {
  list?.forEach(({ prefix, configMapRef, secretRef }, i) => {
    if (prefix !== undefined && prefix !== '')
      addMessages(errors, isRelaxedEnvVarName(prefix), `${path}[${i}].prefix`, prefix);
    if (configMapRef !== undefined) checkSourceName(errors, configMapRef.name, `${path}[${i}].configMapRef.name`);
    if (secretRef !== undefined) checkSourceName(errors, secretRef.name, `${path}[${i}].secretRef.name`);
    if (configMapRef === undefined && secretRef === undefined)
      errors.push(fieldError.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef !== undefined && secretRef !== undefined)
      errors.push(fieldError.invalid(path, '', moreThanOne));
  });
}

function checkSourceName(errors: FieldError[], name: string | undefined, path: string): void {
  if (checkPresent(errors, name, path)) addMessages(errors, nameIsDNSSubdomain(name, true), path, name);
}
