/** `helm registry login HOST` and `helm registry logout HOST`. */
import { readFileSync } from 'node:fs';
import type { HelmContext } from '#cmd/helm/context.ts';
import { connect } from '#cmd/helm/repository/network.ts';
import type { TlsFlags } from '#cmd/helm/repository/network.ts';
import { askLine, askSecret } from '#cmd/helm/repository/prompt.ts';
import { patient, saveCredential } from '#cmd/helm/repository/registry.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { Credential } from '#platform/charts/oci/credentials.ts';
import { RegistryClient, responseError } from '#platform/charts/oci/registry-client.ts';

/** Flags of `helm registry login`. */
export interface LoginFlags extends Omit<TlsFlags, 'insecureSkipTlsVerify'> {
  readonly username: string;
  readonly password: string;
  readonly passwordStdin: boolean;
  readonly insecure: boolean;
  readonly plainHttp: boolean;
}

/** Tries the credentials at the registry, then keeps them. */
export async function login(flags: LoginFlags, args: readonly string[], context: HelmContext): Promise<void> {
  const { username, password } = await whoIs(flags, context);
  const host = hostOnly(args[0] ?? '');
  const credential = { username, password, refreshToken: '', accessToken: '' };
  await tryLogin(host, credential, flags, context).catch((error: Error) => {
    throw new ChartError(`authenticating to ${JSON.stringify(host)}: ${error.message}`);
  });
  saveCredential(host, credential, context);
  context.warn('Login Succeeded');
}

/** A scheme before the host and a path behind it are left away. */
function hostOnly(given: string): string {
  return given.replace(/^(?:oci|https?):\/\//, '').replace(/\/.*$/, '');
}

/** OAuth2's way first, then the one that every token service knows; plain HTTP if the registry speaks nothing else. */
async function tryLogin(host: string, credential: Credential, flags: LoginFlags, context: HelmContext): Promise<void> {
  const fetch = patient(connect({ ...flags, insecureSkipTlsVerify: flags.insecure }, context.environment));
  let scheme: 'https' | 'http' = flags.plainHttp ? 'http' : 'https';
  const ping = async (tokens: 'get' | 'post'): Promise<void> => {
    const client = new RegistryClient(host, { fetch, credential: () => Promise.resolve(credential), scheme, tokens });
    const answer = await client.request({ method: 'GET', path: '/v2/' });
    if (client.isDowngraded) scheme = 'http';
    if (answer.status === 404) throw new ChartError('not found');
    if (answer.status !== 200) throw responseError('GET', answer);
  };
  for (const tokens of ['post', 'get'] as const) {
    try {
      return await ping(tokens);
    } catch (error) {
      if (tokens === 'get' && (flags.plainHttp || scheme === 'https')) throw error;
    }
  }
  await ping('post').catch(() => ping('get'));
}

async function whoIs(flags: LoginFlags, context: HelmContext): Promise<{ username: string; password: string }> {
  let { username } = flags;
  if (flags.passwordStdin) return { username, password: readFileSync(0, 'utf8').replace(/\n$/, '').replace(/\r$/, '') };
  if (flags.password !== '') {
    context.warn('WARNING: Using --password via the CLI is insecure. Use --password-stdin.');
    return { username, password: flags.password };
  }
  if (username === '') username = (await askLine('Username: ', context)).trim();
  const kind = username === '' ? 'Token' : 'Password';
  const password = await askSecret(`${kind}: `, context);
  if (password === '') throw new ChartError(`${kind.toLowerCase()} required`);
  return { username, password };
}

/** Forgets the credentials of a registry. */
export function logout(_flags: unknown, args: readonly string[], context: HelmContext): Promise<void> {
  const host = args[0] ?? '';
  saveCredential(host, undefined, context);
  context.warn(`Removing login credentials for ${host}`);
  return Promise.resolve();
}
