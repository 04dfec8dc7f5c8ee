/** Connections to registries with the user's credentials, and what Helm says about what goes over them. */
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolderOf, readOptional, writeWhole } from '#cmd/helm/repository/files.ts';
import type { RepositoryContext } from '#cmd/helm/repository/locate.ts';
import type { TlsFlags } from '#cmd/helm/repository/network.ts';
import { connect } from '#cmd/helm/repository/network.ts';
import type { RegistryChart } from '#platform/charts/oci/chart-registry.ts';
import type { Credential, CredentialFile } from '#platform/charts/oci/credentials.ts';
import {
  credentialHelper,
  credentialKey,
  findCredential,
  parseCredentialFile,
  printCredentialFile,
} from '#platform/charts/oci/credentials.ts';
import { RegistryClient } from '#platform/charts/oci/registry-client.ts';

/** How a registry is reached. */
export interface RegistryAccess extends TlsFlags {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly plainHttp?: boolean | undefined;
}

/** A client; credentials of the flags go before those of the files. */
export function registryClient(registry: string, access: RegistryAccess, context: RepositoryContext): RegistryClient {
  const { username = '', password = '' } = access;
  const given: Credential = { username, password, refreshToken: '', accessToken: '' };
  const hasOwn = username !== '' && password !== '';
  return new RegistryClient(registry, {
    fetch: connect(access, context.environment),
    credential: (name) => Promise.resolve(hasOwn ? given : storedCredential(name, context)),
    scheme: access.plainHttp === true ? 'http' : 'https',
    tokens: 'get',
  });
}

/** Helm's own file first, then docker's. */
function storedCredential(registry: string, context: RepositoryContext): Credential | undefined {
  const files = [readCredentials(context), parseCredentialFile(readOptional(dockerConfig(context)) ?? '')];
  for (const file of files) {
    const helper = credentialHelper(file, registry);
    const found = helper === undefined ? findCredential(file, registry) : helperCredential(helper, registry);
    if (found !== undefined) return found;
  }
  return undefined;
}

function dockerConfig({ environment }: RepositoryContext): string {
  return join(environment['DOCKER_CONFIG'] || join(environment['HOME'] ?? homedir(), '.docker'), 'config.json');
}

/** Asks `docker-credential-<helper>`. */
function helperCredential(helper: string, registry: string): Credential | undefined {
  const { stdout, status } = spawnSync(`docker-credential-${helper}`, ['get'], {
    input: credentialKey(registry),
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status !== 0) return undefined;
  const { Username: username = '', Secret: secret = '' } = JSON.parse(stdout) as Readonly<Record<string, string>>;
  return username === '<token>'
    ? { username: '', password: '', refreshToken: secret, accessToken: '' }
    : { username, password: secret, refreshToken: '', accessToken: '' };
}

/** The credentials that Helm keeps. Throws ChartError. */
export function readCredentials({ settings }: Pick<RepositoryContext, 'settings'>): CredentialFile {
  return parseCredentialFile(readOptional(settings.registryConfig) ?? '');
}

/** Writes them; only the owner may read the file. */
export function writeCredentials(file: CredentialFile, { settings }: Pick<RepositoryContext, 'settings'>): void {
  makeFolderOf(settings.registryConfig);
  writeWhole(settings.registryConfig, printCredentialFile(file), 0o600);
}

const underscoreNote = `
OCI artifact references (e.g. tags) do not support the plus sign (+). To support
storing semantic versions, Helm adopts the convention of changing plus (+) to
an underscore (_) in chart version tags when pushing to a registry and back to
a plus (+) when pulling from a registry.`;

/** What Helm says on standard error after a chart went over the line. */
export function transferText(verb: 'Pulled' | 'Pushed', { reference, digest }: RegistryChart): string {
  const note = reference.includes('_') ? `\n${reference} contains an underscore.\n${underscoreNote}` : '';
  return `${verb}: ${reference}\nDigest: ${digest}${note}`;
}
