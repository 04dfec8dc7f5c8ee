/**
 * References of charts in registries: `oci://registry.example.com/charts/nginx:1.2.3`. A tag cannot hold the plus sign of a
 * version, so `+` is written as `_`.
 */
import { ChartError } from '#platform/charts/chart.ts';

/** A reference in parts; absent ones are empty. */
export interface ChartReference {
  /** Host and port. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** `sha256:…`. */
  readonly digest: string;
}

/** Whether a reference means a registry. */
export function isOci(reference: string): boolean {
  return reference.startsWith('oci://');
}

const repositoryPattern = /^[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*)*$/;
const maxRepositoryLength = 512;
const tagPattern = /^\w[\w.-]{0,127}$/;

/** Reads a reference, with or without `oci://`. Throws {@link ChartError}. */
export function parseChartReference(text: string): ChartReference {
  let rest = text.replace(/^oci:\/\//, '');
  const at = rest.lastIndexOf('@');
  const digest = at < 0 ? '' : rest.slice(at + 1);
  if (at >= 0) rest = rest.slice(0, at);
  const slash = rest.indexOf('/');
  if (slash < 0) throw new ChartError('invalid reference: missing registry or repository');
  const registry = rest.slice(0, slash);
  const path = rest.slice(slash + 1);
  const colon = path.indexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? '' : path.slice(colon + 1).replaceAll('+', '_');
  if (!isHost(registry)) fail('registry', registry);
  if (repository.length > maxRepositoryLength || !repositoryPattern.test(repository)) fail('repository', repository);
  if (tag !== '' && !tagPattern.test(tag)) fail('tag', tag);
  if (at >= 0) checkDigest(digest);
  return { registry, repository, tag, digest };
}

const hexLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

function checkDigest(digest: string): void {
  const [, algorithm = '', hex] = /^([a-z0-9]+):([^:]+)$/.exec(digest) ?? [];
  const length = hexLengths[algorithm];
  let reason: string | undefined;
  if (hex === undefined) reason = 'invalid checksum digest format';
  else if (length === undefined) reason = 'unsupported digest algorithm';
  else if (hex.length !== length) reason = 'invalid checksum digest length';
  else if (!/^[a-f0-9]+$/.test(hex)) reason = 'invalid checksum digest format';
  if (reason !== undefined)
    throw new ChartError(`invalid reference: invalid digest ${JSON.stringify(digest)}: ${reason}`);
}

function isHost(text: string): boolean {
  return (
    /^[^\s/?#@]+$/.test(text) && URL.canParse(`http://${text}`) && !/:(?!\d*$)[^\]]*$/.test(text.replace(/^\[.*\]/, ''))
  );
}

function fail(part: string, value: string): never {
  throw new ChartError(`invalid reference: invalid ${part} ${JSON.stringify(value)}`);
}

/** The reference as Helm prints it, without `oci://`. */
export function referenceText({ registry, repository, tag, digest }: ChartReference): string {
  if (tag !== '') return `${registry}/${repository}:${tag}`;
  return `${registry}/${repository}@${digest}`;
}

/** The host that a registry's name stands for. */
export function registryHost(registry: string): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry;
}
