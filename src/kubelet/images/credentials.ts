/** Registry credentials from pull secrets; pure. @see https://kubernetes.io/docs/concepts/containers/images/#config-json */
import type { Secret } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { RegistryAuth } from '#kubelet/runtime.ts';
import { decodeBase64 } from '#kubelet/volumes/payload.ts';

interface DockerEntry {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
}

/** Those whose registry matches the image, the most specific first. Secrets that cannot be read count for nothing. */
export function matchingCredentials(image: string, secrets: readonly DeepReadonly<Secret>[]): RegistryAuth[] {
  const target = imageLocation(image);
  const found: { key: string; auth: RegistryAuth }[] = [];
  for (const secret of secrets) {
    for (const [key, entry] of Object.entries(dockerEntries(secret))) {
      const pattern = registryPattern(key);
      if (matches(pattern, target)) found.push({ key: pattern, auth: credential(entry, key) });
    }
  }
  return found.sort((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0)).map(({ auth }) => auth);
}

function dockerEntries(secret: DeepReadonly<Secret>): Record<string, DockerEntry> {
  try {
    const json = secret.data?.['.dockerconfigjson'];
    if (json !== undefined) return (JSON.parse(text(json)) as { auths?: Record<string, DockerEntry> }).auths ?? {};
    const legacy = secret.data?.['.dockercfg'];
    return legacy === undefined ? {} : (JSON.parse(text(legacy)) as Record<string, DockerEntry>);
  } catch {
    return {};
  }
}

function credential(entry: DockerEntry, serverAddress: string): RegistryAuth {
  if (entry.auth !== undefined && entry.auth !== '') {
    const decoded = text(entry.auth);
    const colon = decoded.indexOf(':');
    if (colon > 0)
      return {
        username: decoded.slice(0, colon),
        password: decoded.slice(colon + 1).replace(/\0+$/, ''),
        serverAddress,
      };
  }
  return { username: entry.username ?? '', password: entry.password ?? '', serverAddress };
}

/** `https://index.docker.io/v1/` → `index.docker.io`. */
function registryPattern(key: string): string {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  return bare.replace(/^([^/]+)\/v[12]$/, '$1');
}

function imageLocation(image: string): string {
  const path = image.split('@')[0] ?? '';
  const first = path.split('/')[0] ?? '';
  const hasHost = path.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  const full = hasHost ? path : `index.docker.io/${path.includes('/') ? path : `library/${path}`}`;
  return full.replace(/^docker\.io\//, 'index.docker.io/');
}

function matches(pattern: string, target: string): boolean {
  const [patternHost = '', ...patternPath] = pattern.split('/');
  const [host = '', ...path] = target.split('/');
  const wanted = (patternHost === 'docker.io' ? 'index.docker.io' : patternHost).split('.');
  const given = host.split('.');
  if (wanted.length !== given.length) return false;
  if (
    !wanted.every(
      (part, i) =>
        part === given[i] ||
        new RegExp(`^${part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^.]*')}$`).test(given[i] ?? ''),
    )
  )
    return false;
  return path.join('/').startsWith(patternPath.join('/'));
}

function text(base64: string): string {
  return new TextDecoder().decode(decodeBase64(base64));
}
