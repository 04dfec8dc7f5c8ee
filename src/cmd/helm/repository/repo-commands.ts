/** `helm repo …`, `helm search …`: their flags. */
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { outputFlag } from '#cmd/helm/flags.ts';
import { command, loaded } from '#cmd/helm/line/command.ts';
import { bool, duration, int, text } from '#cmd/helm/line/flag.ts';

const timeout = duration('how long fetching the index may take', { initialMs: 120_000, shown: '2m0s' });

const addFlags = {
  username: text('user name for the repository'),
  password: text('password for the repository'),
  passwordStdin: bool('read the password from standard input'),
  forceUpdate: bool('replace a repository of that name'),
  noUpdate: bool('does nothing; repositories are only replaced with --force-update'),
  certFile: text('client certificate for the repository'),
  keyFile: text('key of the client certificate'),
  caFile: text("certificate authority of the repository's certificate"),
  insecureSkipTlsVerify: bool("take any certificate of the repository's"),
  allowDeprecatedRepos: bool('add repositories that are known to be gone, too'),
  passCredentials: bool('send the credentials to every host'),
  timeout,
};

const addCommand = command<HelmContext, typeof addFlags>({
  use: 'add [NAME] [URL]',
  short: 'add a chart repository',
  args: { exactly: 2 },
  flags: addFlags,
  run: async () => (await import('#cmd/helm/repository/repo-add.ts')).repoAdd,
});

const listFlags = { output: outputFlag };
const listCommand = command<HelmContext, typeof listFlags>({
  use: 'list',
  aliases: ['ls'],
  short: 'list chart repositories',
  args: { atMost: 0, exactly: 0 },
  flags: listFlags,
  run: async () => (await import('#cmd/helm/repository/repo-list.ts')).repoList,
});

const removeCommand = command<HelmContext, Record<never, never>>({
  use: 'remove [REPO1 [REPO2 ...]]',
  aliases: ['rm'],
  short: 'remove one or more chart repositories',
  args: { atLeast: 1 },
  flags: {},
  run: async () => (await import('#cmd/helm/repository/repo-list.ts')).repoRemove,
});

const updateFlags = { timeout, failOnRepoUpdateFail: bool('fail if one of the repositories cannot be updated') };
const updateCommand = command<HelmContext, typeof updateFlags>({
  use: 'update [REPO1 [REPO2 ...]]',
  aliases: ['up'],
  short: 'update information of available charts locally from chart repositories',
  flags: updateFlags,
  run: async () => (await import('#cmd/helm/repository/repo-update.ts')).repoUpdate,
});

const indexFlags = {
  url: text('URL of the repository'),
  merge: text('index that the new one is merged into'),
  json: bool('write JSON'),
};
const indexCommand = command<HelmContext, typeof indexFlags>({
  use: 'index [DIR]',
  short: 'generate an index file given a directory containing packaged charts',
  args: { exactly: 1 },
  flags: indexFlags,
  run: async () => (await import('#cmd/helm/repository/repo-index.ts')).repoIndex,
});

export const repoCommand: HelmCommand = {
  use: 'repo add|remove|list|index|update [ARGS]',
  short: 'add, list, remove, update, and index chart repositories',
  args: { atMost: 0, exactly: 0 },
  commands: [addCommand, listCommand, removeCommand, indexCommand, updateCommand].map(loaded),
};

const searchRepoFlags = {
  regexp: bool('the keyword is a regular expression', { short: 'r' }),
  versions: bool('each version of a chart on a line of its own', { short: 'l' }),
  devel: bool("development versions, too: as version '>0.0.0-0'; --version goes before"),
  version: text('range of versions to search'),
  maxColWidth: int('the widest that a column of the table may be', { initial: 50 }),
  failOnNoResult: bool('fail if nothing is found'),
  output: outputFlag,
};
const searchRepoCommand = command<HelmContext, typeof searchRepoFlags>({
  use: 'repo [keyword]',
  short: 'search repositories for a keyword in charts',
  flags: searchRepoFlags,
  run: async () => (await import('#cmd/helm/repository/search-repo.ts')).searchRepo,
});

const searchHubFlags = {
  endpoint: text('the hub to ask', { initial: 'https://hub.helm.sh' }),
  maxColWidth: int('the widest that a column of the table may be', { initial: 50 }),
  listRepoUrl: bool("print the repositories' URLs"),
  failOnNoResult: bool('fail if nothing is found'),
  output: outputFlag,
};
const searchHubCommand = command<HelmContext, typeof searchHubFlags>({
  use: 'hub [KEYWORD]',
  short: 'search for charts in the Artifact Hub or your own hub instance',
  flags: searchHubFlags,
  run: async () => (await import('#cmd/helm/repository/search-hub.ts')).searchHub,
});

export const searchCommand: HelmCommand = {
  use: 'search [keyword]',
  short: 'search for a keyword in charts',
  commands: [loaded(searchHubCommand), loaded(searchRepoCommand)],
};
