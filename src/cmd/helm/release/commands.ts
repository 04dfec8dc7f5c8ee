/** Flags of the commands that change releases. */
import { installFlags } from '#cmd/helm/chart/install-flags.ts';
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { chartPathFlags, develFlag, labelsFlag, outputFlag, postRenderFlags, valueFlags } from '#cmd/helm/flags.ts';
import type { FlagValues } from '#cmd/helm/line/flag.ts';
import { bool, choice, duration, int, list, text } from '#cmd/helm/line/flag.ts';
import { command } from '#cmd/helm/line/command.ts';
import { maxHistory } from '#cmd/helm/settings.ts';

/** Flags that Helm 4 brought. */
const applyFlags = {
  forceConflicts: bool('server-side apply takes fields over from other managers'),
  forceReplace: bool('as --force'),
  rollbackOnFailure: bool('as --atomic'),
};
const serverSide = (initial: 'false' | 'auto') =>
  choice('apply on the server: true, false or auto', ['true', 'false', 'auto'], {
    initial,
    // A switch for install, a word for the others, as in Helm 4.
    ...(initial === 'false' ? { bare: 'true' as const } : {}),
    kind: 'string',
    refusal: 'must be true, false or auto',
  });
const timeout = duration('how long one operation may take', { initialMs: 300_000, shown: '5m0s' });
const historyMax = int('how many revisions are kept; 0 keeps all', { initial: maxHistory(process.env) });

const installCommandFlags = {
  ...installFlags,
  ...applyFlags,
  serverSide: serverSide('false'),
  hideSecret: bool('with --dry-run: do not show Secrets'),
  output: outputFlag,
  ...postRenderFlags,
};

/** What the flags of `helm install` say. */
export type InstallCommandFlags = FlagValues<typeof installCommandFlags>;

export const installCommand: HelmCommand = command<HelmContext, typeof installCommandFlags>({
  use: 'install [NAME] [CHART]',
  short: 'install a chart',
  args: { atLeast: 1 },
  flags: installCommandFlags,
  run: async () => (await import('#cmd/helm/release/install.ts')).install,
});

/** Also those of `helm diff`, which shows what an upgrade would do. */
export const upgradeFlags = {
  createNamespace: bool('with --install: create the namespace of the release'),
  install: bool('install if there is no such release', { short: 'i' }),
  devel: develFlag,
  dryRun: text('only show what would be done; client asks no cluster, server does', { bare: 'client', kind: 'string' }),
  hideSecret: bool('with --dry-run: do not show Secrets'),
  recreatePods: bool('restart pods', { hidden: true }),
  force: bool('replace objects instead of patching them'),
  ...applyFlags,
  serverSide: serverSide('auto'),
  noHooks: bool('run no hooks'),
  disableOpenapiValidation: bool('do not check the manifests against the OpenAPI schema'),
  skipCrds: bool('with --install: install no CRDs'),
  timeout,
  resetValues: bool("start from the chart's values"),
  reuseValues: bool("start from the last release's values; --reset-values goes before"),
  resetThenReuseValues: bool("start from the chart's values, then the last release's own"),
  wait: bool('wait until everything is ready'),
  waitForJobs: bool('with --wait: wait until all Jobs are complete'),
  atomic: bool('roll back if the upgrade fails; sets --wait'),
  historyMax,
  cleanupOnFail: bool('delete what was created if the upgrade fails'),
  renderSubchartNotes: bool('render the notes of subcharts, too'),
  hideNotes: bool('do not print the notes'),
  skipSchemaValidation: bool('do not check the values against the JSON schemas'),
  allowRemoteSchemas: bool('fetch what values.schema.json refers to over HTTP (ours, not Helm’s)'),
  labels: labelsFlag,
  description: text('description of the release'),
  dependencyUpdate: bool('fetch missing dependencies first'),
  enableDns: bool('let templates ask the DNS'),
  takeOwnership: bool('take objects that are not marked as this release’s'),
  ...chartPathFlags,
  ...valueFlags,
  output: outputFlag,
  ...postRenderFlags,
};

/** What the flags of `helm upgrade` say. */
export type UpgradeCommandFlags = FlagValues<typeof upgradeFlags>;

export const upgradeCommand: HelmCommand = command<HelmContext, typeof upgradeFlags>({
  use: 'upgrade [RELEASE] [CHART]',
  short: 'upgrade a release',
  args: { exactly: 2 },
  flags: upgradeFlags,
  run: async () => (await import('#cmd/helm/release/upgrade.ts')).upgrade,
});

const rollbackFlags = {
  dryRun: bool('only show what would be done'),
  recreatePods: bool('restart pods'),
  force: bool('replace objects instead of patching them'),
  forceConflicts: applyFlags.forceConflicts,
  forceReplace: applyFlags.forceReplace,
  serverSide: serverSide('auto'),
  noHooks: bool('run no hooks'),
  timeout,
  wait: bool('wait until everything is ready'),
  waitForJobs: bool('with --wait: wait until all Jobs are complete'),
  cleanupOnFail: bool('delete what was created if the rollback fails'),
  historyMax,
};

/** What the flags of `helm rollback` say. */
export type RollbackFlags = FlagValues<typeof rollbackFlags>;

export const rollbackCommand: HelmCommand = command<HelmContext, typeof rollbackFlags>({
  use: 'rollback <RELEASE> [REVISION]',
  short: 'roll back a release to a previous revision',
  args: { atLeast: 1 },
  flags: rollbackFlags,
  run: async () => (await import('#cmd/helm/release/rollback.ts')).rollback,
});

const uninstallFlags = {
  dryRun: bool('only show what would be done'),
  noHooks: bool('run no hooks'),
  ignoreNotFound: bool('a release that is not there counts as uninstalled'),
  keepHistory: bool('keep the records of the release'),
  wait: bool('wait until everything is gone'),
  cascade: text('what becomes of dependents: background, orphan or foreground', { initial: 'background' }),
  timeout,
  description: text('description of the uninstallation'),
};

/** What the flags of `helm uninstall` say. */
export type UninstallFlags = FlagValues<typeof uninstallFlags>;

export const uninstallCommand: HelmCommand = command<HelmContext, typeof uninstallFlags>({
  use: 'uninstall RELEASE_NAME [...]',
  aliases: ['del', 'delete', 'un'],
  short: 'uninstall a release',
  args: { atLeast: 1 },
  flags: uninstallFlags,
  run: async () => (await import('#cmd/helm/release/uninstall.ts')).uninstall,
});

const testFlags = {
  timeout,
  logs: bool("print the logs of the tests' pods"),
  filter: list("only tests of this name: name=NAME, '!name=NAME' leaves one out"),
  hideNotes: bool('do not print the notes'),
};

/** What the flags of `helm test` say. */
export type TestFlags = FlagValues<typeof testFlags>;

export const testCommand: HelmCommand = command<HelmContext, typeof testFlags>({
  use: 'test [RELEASE]',
  short: 'run tests for a release',
  args: { exactly: 1 },
  flags: testFlags,
  run: async () => (await import('#cmd/helm/release/test.ts')).runTests,
});

/** Ours: Helm has nothing like it. */
export const unlockCommand: HelmCommand = command<HelmContext, Record<never, never>>({
  use: 'unlock RELEASE_NAME',
  short: 'free a release that another client left in the middle of an operation',
  args: { exactly: 1 },
  flags: {},
  run: async () => (await import('#cmd/helm/release/unlock.ts')).unlock,
});
