/**
 * Credentials of registries in the form of docker's config.json:
 *
 *   { "auths": { "registry.example.com": { "auth": "dXNlcjpwYXNzd29yZA==" } } }
 */
import { fromBase64, toBase64 } from '#platform/charts/base64.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { goJson } from '#platform/charts/go-json.ts';
import { valueOf } from '#platform/charts/values/table.ts';

/** What a registry is told; absent texts are empty. */
export interface Credential {
  readonly username: string;
  readonly password: string;
  /** An identity token: is exchanged for an access token. */
  readonly refreshToken: string;
  /** Is sent as it is. */
  readonly accessToken: string;
}

/** A whole file; fields that we do not know are kept. */
export type CredentialFile = Readonly<Record<string, unknown>>;

type Fields = Readonly<Record<string, unknown>>;

/** Reads the file; empty text is an empty file. Throws {@link ChartError}. */
export function parseCredentialFile(text: string): CredentialFile {
  if (text.trim() === '') return {};
  try {
    return fieldsOf(JSON.parse(text));
  } catch (error) {
    throw new ChartError(`invalid config format: ${(error as Error).message}`);
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The key of a registry: docker's own one has a name of old. */
export function credentialKey(registry: string): string {
  return registry === 'docker.io' || registry === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : registry;
}

/** The credential of a registry, by its key or by a URL of its host; undefined if there is none. */
export function findCredential(file: CredentialFile, registry: string): Credential | undefined {
  const auths = fieldsOf(file['auths']);
  const key = credentialKey(registry);
  const name = key in auths ? key : Object.keys(auths).find((candidate) => hostOf(candidate) === key);
  return name === undefined ? undefined : credentialOf(fieldsOf(auths[name]));
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function credentialOf(entry: Fields): Credential | undefined {
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  let username = text('username');
  let password = text('password');
  if (text('auth') !== '') {
    const pair = new TextDecoder().decode(fromBase64(text('auth')));
    const colon = pair.indexOf(':');
    if (colon < 0)
      throw new ChartError('invalid auth field: auth does not conform the base64(username:password) format');
    username = pair.slice(0, colon);
    password = pair.slice(colon + 1);
  }
  const credential = { username, password, refreshToken: text('identitytoken'), accessToken: text('registrytoken') };
  return Object.values(credential).every((part) => part === '') ? undefined : credential;
}

/** The executable that keeps the credential of a registry (`docker-credential-<name>`); undefined if the file does. */
export function credentialHelper(file: CredentialFile, registry: string): string | undefined {
  const own = fieldsOf(file['credHelpers'])[credentialKey(registry)];
  if (typeof own === 'string' && own !== '') return own;
  const all = file['credsStore'];
  return typeof all === 'string' && all !== '' ? all : undefined;
}

/** With a registry's credential set, or taken away. */
export function withCredential(
  file: CredentialFile,
  registry: string,
  credential: Credential | undefined,
): CredentialFile {
  const { [credentialKey(registry)]: _old, ...others } = fieldsOf(file['auths']);
  if (credential === undefined) return { ...file, auths: others };
  const { username, password, refreshToken, accessToken } = credential;
  const auth = toBase64(new TextEncoder().encode(`${username}:${password}`));
  const entry = {
    ...(username === '' && password === '' ? {} : { auth }),
    ...(refreshToken === '' ? {} : { identitytoken: refreshToken }),
    ...(accessToken === '' ? {} : { registrytoken: accessToken }),
  };
  return { ...file, auths: { ...others, [credentialKey(registry)]: entry } };
}

/** The file's text, indented by tabs. */
export function printCredentialFile(file: CredentialFile): string {
  return JSON.stringify(JSON.parse(goJson(valueOf(file))), null, '\t');
}
