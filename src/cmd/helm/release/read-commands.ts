/** Flags of the commands that look at releases. */
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { outputFlag } from '#cmd/helm/flags.ts';
import type { FlagValues } from '#cmd/helm/line/flag.ts';
import { bool, int, text } from '#cmd/helm/line/flag.ts';
import { command, loaded } from '#cmd/helm/line/command.ts';

const listFlags = {
  short: bool('only names', { short: 'q' }),
  noHeaders: bool('no headings'),
  timeFormat: text('Go layout of the times'),
  date: bool('sort by date', { short: 'd' }),
  reverse: bool('the other way round', { short: 'r' }),
  all: bool('releases of every state', { short: 'a' }),
  uninstalled: bool('uninstalled releases that were kept'),
  superseded: bool('superseded releases'),
  uninstalling: bool('releases that are being uninstalled'),
  deployed: bool('deployed releases; what is shown if nothing else is asked for'),
  failed: bool('failed releases'),
  pending: bool('pending releases'),
  allNamespaces: bool('releases of all namespaces', { short: 'A' }),
  max: int('how many releases', { short: 'm', initial: 256 }),
  offset: int('where to begin'),
  filter: text('regular expression of names', { short: 'f' }),
  selector: text('selector over the labels of releases', { short: 'l' }),
  output: outputFlag,
};

/** What the flags of `helm list` say. */
export type ListFlags = FlagValues<typeof listFlags>;

export const listCommand: HelmCommand = command<HelmContext, typeof listFlags>({
  use: 'list',
  aliases: ['ls'],
  short: 'list releases',
  args: { atMost: 0 },
  flags: listFlags,
  run: async () => (await import('#cmd/helm/release/list.ts')).list,
});

const historyFlags = { max: int('how many revisions', { initial: 256 }), output: outputFlag };

/** What the flags of `helm history` say. */
export type HistoryFlags = FlagValues<typeof historyFlags>;

export const historyCommand: HelmCommand = command<HelmContext, typeof historyFlags>({
  use: 'history RELEASE_NAME',
  aliases: ['hist'],
  short: 'fetch release history',
  args: { exactly: 1 },
  flags: historyFlags,
  run: async () => (await import('#cmd/helm/release/history.ts')).history,
});

const revision = int('the revision; the newest if absent');
const statusFlags = {
  revision,
  output: outputFlag,
  showDesc: bool('show the description'),
  showResources: bool('show the objects'),
};

/** What the flags of `helm status` say. */
export type StatusFlags = FlagValues<typeof statusFlags>;

export const statusCommand: HelmCommand = command<HelmContext, typeof statusFlags>({
  use: 'status RELEASE_NAME',
  short: 'display the status of the named release',
  args: { exactly: 1 },
  flags: statusFlags,
  run: async () => (await import('#cmd/helm/release/status.ts')).status,
});

const revisionFlags = { revision };
const allFlags = { revision, template: text('Go template to print the release with: {{.Release.Name}}') };
const valuesFlags = { revision, all: bool("the chart's values, too", { short: 'a' }), output: outputFlag };
const metadataFlags = { revision, output: outputFlag };

/** What the flags of `helm get …` say. */
export type GetAllFlags = FlagValues<typeof allFlags>;
export type GetValuesFlags = FlagValues<typeof valuesFlags>;
export type GetMetadataFlags = FlagValues<typeof metadataFlags>;
export type RevisionFlags = FlagValues<typeof revisionFlags>;

const one = { args: { exactly: 1 } } as const;
const code = () => import('#cmd/helm/release/get.ts');

export const getCommand: HelmCommand = {
  use: 'get',
  short: 'download extended information of a named release',
  commands: [
    loaded(
      command<HelmContext, typeof allFlags>({
        ...one,
        use: 'all RELEASE_NAME',
        short: 'download all information for a named release',
        flags: allFlags,
        run: async () => (await code()).getAll,
      }),
    ),
    loaded(
      command<HelmContext, typeof revisionFlags>({
        ...one,
        use: 'hooks RELEASE_NAME',
        short: 'download all hooks for a named release',
        flags: revisionFlags,
        run: async () => (await code()).getHooks,
      }),
    ),
    loaded(
      command<HelmContext, typeof revisionFlags>({
        ...one,
        use: 'manifest RELEASE_NAME',
        short: 'download the manifest for a named release',
        flags: revisionFlags,
        run: async () => (await code()).getManifest,
      }),
    ),
    loaded(
      command<HelmContext, typeof metadataFlags>({
        ...one,
        use: 'metadata RELEASE_NAME',
        short: 'This command fetches metadata for a given release',
        flags: metadataFlags,
        run: async () => (await code()).getMetadata,
      }),
    ),
    loaded(
      command<HelmContext, typeof revisionFlags>({
        ...one,
        use: 'notes RELEASE_NAME',
        short: 'download the notes for a named release',
        flags: revisionFlags,
        run: async () => (await code()).getNotes,
      }),
    ),
    loaded(
      command<HelmContext, typeof valuesFlags>({
        ...one,
        use: 'values RELEASE_NAME',
        short: 'download the values file for a named release',
        flags: valuesFlags,
        run: async () => (await code()).getUserValues,
      }),
    ),
  ],
};
