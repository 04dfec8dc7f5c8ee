/** repositories.yaml: which chart repositories a user added. Values in, values out; the file is the caller's. */
import { YamlError, loadYaml } from '#lang/yaml/to-json.ts';
import { printYaml } from '#lang/yaml/print.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { unmarshalMessage } from '#platform/charts/metadata.ts';
import { normalizeTime, zeroTime } from '#platform/charts/go-time.ts';

/** One repository; absent texts are empty. */
export interface RepositoryEntry {
  readonly name: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly insecureSkipTlsVerify: boolean;
  /** Credentials go to every host that a chart is fetched from. */
  readonly passCredentialsAll: boolean;
}

/** The file. */
export interface RepositoryFile {
  readonly apiVersion: string;
  /** RFC 3339. */
  readonly generated: string;
  readonly repositories: readonly RepositoryEntry[];
}

/** What is there before the first `repo add`. */
export const emptyRepositoryFile: RepositoryFile = { apiVersion: '', generated: zeroTime, repositories: [] };

/** An entry with a name, a URL and what else is given. */
export function repositoryEntry(name: string, url: string, more: Partial<RepositoryEntry> = {}): RepositoryEntry {
  return {
    name,
    url,
    username: more.username ?? '',
    password: more.password ?? '',
    certFile: more.certFile ?? '',
    keyFile: more.keyFile ?? '',
    caFile: more.caFile ?? '',
    insecureSkipTlsVerify: more.insecureSkipTlsVerify ?? false,
    passCredentialsAll: more.passCredentialsAll ?? false,
  };
}

/** Reads repositories.yaml. Throws {@link ChartError} in the words of Go's YAML reader. */
export function parseRepositoryFile(text: string): RepositoryFile {
  const file = fieldsOf(load(text));
  const list = file['repositories'];
  return {
    apiVersion: textOf(file['apiVersion']),
    generated: normalizeTime(textOf(file['generated'])) ?? zeroTime,
    repositories: Array.isArray(list)
      ? list.filter((item) => item !== null).map((item) => entryOf(fieldsOf(item)))
      : [],
  };
}

function load(text: string): unknown {
  try {
    return loadYaml(text);
  } catch (error) {
    if (error instanceof YamlError) throw new ChartError(unmarshalMessage(error.message));
    throw error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Fields;
  const kind = Array.isArray(value) ? 'array' : typeof value;
  throw new ChartError(unmarshalMessage(`json: cannot unmarshal ${kind} into Go value of type repo.File`));
}

function textOf(value: unknown): string {
  return value === null || value === undefined || typeof value === 'object' ? '' : String(value);
}

function entryOf(fields: Fields): RepositoryEntry {
  return {
    name: textOf(fields['name']),
    url: textOf(fields['url']),
    username: textOf(fields['username']),
    password: textOf(fields['password']),
    certFile: textOf(fields['certFile']),
    keyFile: textOf(fields['keyFile']),
    caFile: textOf(fields['caFile']),
    insecureSkipTlsVerify: fields['insecure_skip_tls_verify'] === true,
    passCredentialsAll: fields['pass_credentials_all'] === true,
  };
}

/** The file's text. */
export function printRepositoryFile(file: RepositoryFile): string {
  return printYaml({
    apiVersion: file.apiVersion,
    generated: file.generated,
    repositories: file.repositories.map((entry) => ({
      caFile: entry.caFile,
      certFile: entry.certFile,
      insecure_skip_tls_verify: entry.insecureSkipTlsVerify,
      keyFile: entry.keyFile,
      name: entry.name,
      pass_credentials_all: entry.passCredentialsAll,
      password: entry.password,
      url: entry.url,
      username: entry.username,
    })),
  });
}

/** With an entry added, or put in the place of the one of its name. */
export function withRepository(file: RepositoryFile, entry: RepositoryEntry): RepositoryFile {
  const at = file.repositories.findIndex(({ name }) => name === entry.name);
  const repositories = at < 0 ? [...file.repositories, entry] : file.repositories.with(at, entry);
  return { ...file, repositories };
}

/** Whether two entries say the same. */
export function sameRepository(a: RepositoryEntry, b: RepositoryEntry): boolean {
  return (Object.keys(a) as (keyof RepositoryEntry)[]).every((key) => a[key] === b[key]);
}

/** Names of the cached files of a repository. */
export function cacheIndexName(name: string): string {
  return `${name && `${name}-`}index.yaml`;
}

/** The cached list of chart names, which completion reads. */
export function cacheChartsName(name: string): string {
  return `${name && `${name}-`}charts.txt`;
}
