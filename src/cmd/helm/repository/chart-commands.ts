/** `helm package`, `verify`, `pull`, `push`, `registry …`, `dependency …`: their flags. */
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { chartPathFlags, defaultKeyring, develFlag } from '#cmd/helm/flags.ts';
import { command, loaded } from '#cmd/helm/line/command.ts';
import { bool, int, text } from '#cmd/helm/line/flag.ts';

const { username, password, certFile, keyFile, caFile, insecureSkipTlsVerify, plainHttp } = chartPathFlags;
const accessFlags = { username, password, certFile, keyFile, caFile, insecureSkipTlsVerify, plainHttp };

const packageFlags = {
  sign: bool('sign the archive with a private OpenPGP key'),
  key: text('user id of the key to sign with'),
  keyring: text('file of the keys', { initial: defaultKeyring() }),
  passphraseFile: text('file whose first line opens the key; "-" is standard input'),
  version: text('version that the chart gets'),
  appVersion: text('appVersion that the chart gets'),
  destination: text('folder for the archive', { short: 'd', initial: '.' }),
  dependencyUpdate: bool('update the dependencies first', { short: 'u' }),
  ...accessFlags,
};

export const packageCommand: HelmCommand = command<HelmContext, typeof packageFlags>({
  use: 'package [CHART_PATH] [...]',
  short: 'package a chart directory into a chart archive',
  flags: packageFlags,
  run: async () => (await import('#cmd/helm/repository/package.ts')).packageVerb,
});

const verifyFlags = { keyring: text('file of public keys', { initial: defaultKeyring() }) };

export const verifyCommand: HelmCommand = command<HelmContext, typeof verifyFlags>({
  use: 'verify PATH',
  short: 'verify that a chart at the given path has been signed and is valid',
  args: { exactly: 1 },
  flags: verifyFlags,
  run: async () => (await import('#cmd/helm/repository/verify.ts')).verifyVerb,
});

const pullFlags = {
  devel: develFlag,
  untar: bool('unpack the chart'),
  prov: bool('fetch the signature, but do not check it'),
  untardir: text('folder to unpack into', { initial: '.' }),
  destination: text('folder to write to; untardir is below it', { short: 'd', initial: '.' }),
  ...chartPathFlags,
};

export const pullCommand: HelmCommand = command<HelmContext, typeof pullFlags>({
  use: 'pull [chart URL | repo/chartname] [...]',
  aliases: ['fetch'],
  short: 'download a chart from a repository and (optionally) unpack it in local directory',
  args: { atLeast: 1 },
  flags: pullFlags,
  run: async () => (await import('#cmd/helm/repository/pull.ts')).pull,
});

export const pushCommand: HelmCommand = command<HelmContext, typeof accessFlags>({
  use: 'push [chart] [remote]',
  short: 'push a chart to remote',
  args: { atLeast: 2 },
  flags: accessFlags,
  run: async () => (await import('#cmd/helm/repository/push.ts')).push,
});

const loginFlags = {
  username: text('user name', { short: 'u' }),
  password: text('password or identity token', { short: 'p' }),
  passwordStdin: bool('read the password from standard input'),
  insecure: bool("take any certificate of the registry's"),
  certFile,
  keyFile,
  caFile,
  plainHttp,
};

const loginCommand = command<HelmContext, typeof loginFlags>({
  use: 'login [host]',
  short: 'login to a registry',
  args: { atLeast: 1 },
  flags: loginFlags,
  run: async () => (await import('#cmd/helm/repository/login.ts')).login,
});

const logoutCommand = command<HelmContext, Record<never, never>>({
  use: 'logout [host]',
  short: 'logout from a registry',
  args: { atLeast: 1 },
  flags: {},
  run: async () => (await import('#cmd/helm/repository/login.ts')).logout,
});

export const registryCommand: HelmCommand = {
  use: 'registry',
  short: 'login to or logout from a registry',
  commands: [loaded(loginCommand), loaded(logoutCommand)],
};

const dependencyFlags = {
  verify: bool("check the charts' signatures"),
  keyring: text('file of public keys', { initial: defaultKeyring() }),
  skipRefresh: bool('do not fetch the indexes first'),
  ...accessFlags,
};

const buildCommand = command<HelmContext, typeof dependencyFlags>({
  use: 'build CHART',
  short: 'rebuild the charts/ directory based on the Chart.lock file',
  args: { atMost: 1 },
  flags: dependencyFlags,
  run: async () => (await import('#cmd/helm/repository/dependency.ts')).dependencyBuild,
});

const updateCommand = command<HelmContext, typeof dependencyFlags>({
  use: 'update CHART',
  aliases: ['up'],
  short: 'update charts/ based on the contents of Chart.yaml',
  args: { atMost: 1 },
  flags: dependencyFlags,
  run: async () => (await import('#cmd/helm/repository/dependency.ts')).dependencyUpdate,
});

const dependencyListFlags = { maxColWidth: int('the widest that a column of the table may be', { initial: 80 }) };

const listCommand = command<HelmContext, typeof dependencyListFlags>({
  use: 'list CHART',
  aliases: ['ls'],
  short: 'list the dependencies for the given chart',
  args: { atMost: 1 },
  flags: dependencyListFlags,
  run: async () => (await import('#cmd/helm/repository/dependency.ts')).dependencyList,
});

export const dependencyCommand: HelmCommand = {
  use: 'dependency update|build|list',
  aliases: ['dep', 'dependencies'],
  short: "manage a chart's dependencies",
  args: { atMost: 0, exactly: 0 },
  commands: [buildCommand, listCommand, updateCommand].map(loaded),
};
