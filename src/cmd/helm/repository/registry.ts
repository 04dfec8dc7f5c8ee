/** Connections to registries with the user's credentials, and what Helm says about what goes over them. */
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Fetch } from '#base/fetch.ts';
import { makeFolderOf, readOptional, writeWhole } from '#cmd/helm/repository/files.ts';
import type { RepositoryContext } from '#cmd/helm/repository/locate.ts';
import type { TlsFlags } from '#cmd/helm/repository/network.ts';
import { connect } from '#cmd/helm/repository/network.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { RegistryChart } from '#platform/charts/oci/chart-registry.ts';
import type { Credential, CredentialFile } from '#platform/charts/oci/credentials.ts';
import {
  credentialHelper,
  credentialKey,
  findCredential,
  parseCredentialFile,
  printCredentialFile,
  withCredential,
} from '#platform/charts/oci/credentials.ts';
import { RegistryClient } from '#platform/charts/oci/registry-client.ts';
import { retrying } from '#platform/charts/oci/retry.ts';

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
    fetch: patient(connect(access, context.environment)),
    credential: (name) => Promise.resolve(hasOwn ? given : storedCredential(name, context)),
    scheme: access.plainHttp === true ? 'http' : 'https',
    tokens: 'get',
  });
}

/** A Fetch that a busy registry can put off. */
export function patient(fetch: Fetch): Fetch {
  const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
  return retrying(fetch, { sleep, fraction: () => Math.random() });
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

/** Runs `docker-credential-<helper> <verb>`; undefined if it fails. */
function runHelper(helper: string, verb: 'get' | 'store' | 'erase', input: string): string | undefined {
  const how = { input, encoding: 'utf8', timeout: 30_000 } as const;
  const { stdout, status } = spawnSync(`docker-credential-${helper}`, [verb], how);
  return status === 0 ? stdout : undefined;
}

function helperCredential(helper: string, registry: string): Credential | undefined {
  const answer = runHelper(helper, 'get', credentialKey(registry));
  if (answer === undefined) return undefined;
  const { Username: username = '', Secret: secret = '' } = JSON.parse(answer) as Readonly<Record<string, string>>;
  return username === '<token>'
    ? { username: '', password: '', refreshToken: secret, accessToken: '' }
    : { username, password: secret, refreshToken: '', accessToken: '' };
}

/** Keeps a registry's credential, or forgets it: in Helm's file, or where that says. Throws ChartError. */
export function saveCredential(
  registry: string,
  credential: Credential | undefined,
  context: Pick<RepositoryContext, 'settings'>,
): void {
  const file = readCredentials(context);
  const helper = credentialHelper(file, registry);
  if (helper === undefined) return writeCredentials(withCredential(file, registry, credential), context);
  const key = credentialKey(registry);
  const { username: Username = '', password: Secret = '' } = credential ?? {};
  const done =
    credential === undefined
      ? runHelper(helper, 'erase', key)
      : runHelper(helper, 'store', JSON.stringify({ ServerURL: key, Username, Secret }));
  if (done === undefined) throw new ChartError(`docker-credential-${helper} did not do what it should`);
}

/** The credentials that Helm keeps. Throws ChartError. */
function readCredentials({ settings }: Pick<RepositoryContext, 'settings'>): CredentialFile {
  return parseCredentialFile(readOptional(settings.registryConfig) ?? '');
}

/** Writes them; only the owner may read the file. */
function writeCredentials(file: CredentialFile, { settings }: Pick<RepositoryContext, 'settings'>): void {
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
