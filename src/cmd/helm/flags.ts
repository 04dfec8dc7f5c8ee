/** Tables of flags that several commands share. */
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Flag } from '#cmd/helm/line/flag.ts';
import { bool, choice, FlagError, list, pairs, text, texts } from '#cmd/helm/line/flag.ts';

/** The public keyring that Helm asks by default: $GNUPGHOME/pubring.gpg, else ~/.gnupg/pubring.gpg. */
export function defaultKeyring(): string {
  return join(process.env['GNUPGHOME'] ?? join(homedir(), '.gnupg'), 'pubring.gpg');
}

/** User's values, in the order in which they count: the last table wins. */
export const valueFlags = {
  values: list('values from a YAML file or URL (repeatable)', { short: 'f' }),
  set: texts('values from the line: key1=val1,key2=val2 (repeatable)'),
  setString: texts('string values from the line: key1=val1,key2=val2 (repeatable)'),
  setFile: texts('values from files: key1=path1,key2=path2 (repeatable)'),
  setJson: texts('JSON values from the line: key1=json1,key2=json2 (repeatable)'),
  setLiteral: texts('a string value, taken as it stands'),
};

/** How a chart is found and fetched. */
export const chartPathFlags = {
  version: text('version, or range of versions, of the chart; the latest if absent'),
  verify: bool("check the package's signature before it is used"),
  keyring: text('public keys to check with', { initial: defaultKeyring() }),
  repo: text('URL of the repository that has the chart'),
  username: text('user name for the repository'),
  password: text('password for the repository'),
  certFile: text('client certificate for the repository'),
  keyFile: text('key of the client certificate'),
  insecureSkipTlsVerify: bool("take any certificate of the repository's"),
  plainHttp: bool('fetch over HTTP without TLS'),
  caFile: text("certificate authority of the repository's certificate"),
  passCredentials: bool('send the credentials to every host'),
};

/** Development versions count, too. */
export const develFlag = bool("development versions, too: as version '>0.0.0-0'; --version goes before");

/** The forms in which lists and releases are printed. */
export type OutputFormat = 'table' | 'json' | 'yaml';

/** `-o table|json|yaml`. */
export const outputFlag = choice<OutputFormat>('form of the output: table, json, yaml', ['table', 'json', 'yaml'], {
  short: 'o',
  initial: 'table',
  kind: 'format',
  refusal: 'invalid format type',
});

const executable: Flag<string> = {
  ...text('executable that the rendered manifests go through', { kind: 'postRendererString' }),
  read: (name) => (name === '' ? '' : executablePath(name)),
};

/** The absolute path of an executable, as a shell finds it. */
function executablePath(name: string): string {
  if (name.includes('/')) {
    const reason = executableFailure(name);
    if (reason === undefined) return resolve(name);
    throw new FlagError(`unable to find binary at ${name}: exec: ${JSON.stringify(name)}: ${reason}`);
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    if (isAbsolute(folder) && executableFailure(join(folder, name)) === undefined) return join(folder, name);
  throw new FlagError(
    `unable to find binary at ${name}: exec: ${JSON.stringify(name)}: executable file not found in $PATH`,
  );
}

function executableFailure(path: string): string | undefined {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return `stat ${path}: no such file or directory`;
  if (info.isDirectory()) return 'is a directory';
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return 'permission denied';
  }
}

/** Executables that change what was rendered. */
export const postRenderFlags = {
  postRenderer: executable,
  postRendererArgs: texts('argument for the post-renderer (repeatable)', { kind: 'postRendererArgsSlice' }),
};

/** Labels of the release's own record. */
export const labelsFlag = pairs("labels for the release's record: key=value,…", { short: 'l' });
