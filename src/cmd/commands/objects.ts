/** Flags of the everyday verbs: kubectl's names, letters and meanings. */
import { buildCommand } from '@stricli/core';
import { withFailures } from '#cmd/failure.ts';
import type { ApplyFlags } from '#cmd/objects/apply.ts';
import type { DeleteFlags } from '#cmd/objects/delete.ts';
import type { ExecFlags } from '#cmd/objects/exec.ts';
import type { GetFlags } from '#cmd/objects/get.ts';
import type { LogsFlags } from '#cmd/objects/logs.ts';

const text = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief }) as const;
const onOff = (brief: string) => ({ kind: 'boolean', default: false, withNegated: false, brief }) as const;
const whole = (given: string): number => {
  const value = Number(given);
  if (!Number.isInteger(value)) throw new Error(`${given} is no whole number`);
  return value;
};
const number = (brief: string) => ({ kind: 'parsed', parse: whole, optional: true, brief }) as const;

const connection = {
  kubeconfig: text('The kubeconfig to use (default: $KUBECONFIG, the running cluster, ~/.kube/config)'),
  context: text('The context of the kubeconfig to use'),
  namespace: text('The namespace (default: that of the context)'),
  dataDir: text('The folder of the running cluster to use'),
  as: text('Act as this user'),
  asGroup: {
    kind: 'parsed',
    parse: String,
    optional: true,
    variadic: true,
    brief: 'Act as a member of this group',
  },
} as const;
const files = {
  filename: {
    kind: 'parsed',
    parse: String,
    optional: true,
    variadic: true,
    brief: 'A file, a folder, or - for standard input',
  },
  recursive: onOff('Go through folders in folders, too'),
} as const;
const dryRun = {
  kind: 'enum',
  values: ['none', 'client', 'server'],
  optional: true,
  brief: 'Change nothing: client asks nobody, server asks the server',
} as const;
const words = (brief: string, placeholder: string) =>
  ({ kind: 'array', parameter: { parse: String, brief, placeholder } }) as const;

export const getCommand = buildCommand<GetFlags, string[]>({
  docs: { brief: 'Show objects: get pods, get pod/NAME -o yaml, get deploy,svc -A' },
  parameters: {
    aliases: { n: 'namespace', A: 'allNamespaces', o: 'output', l: 'selector', w: 'watch', L: 'labelColumns' },
    flags: {
      ...connection,
      allNamespaces: onOff('Of all namespaces'),
      output: text('wide, yaml, json, name, jsonpath=…, custom-columns=…'),
      selector: text('Only objects with these labels'),
      fieldSelector: text('Only objects with these field values'),
      labelColumns: text('A column for each of these labels'),
      watch: onOff('Go on with what changes'),
      watchOnly: onOff('Show only what changes'),
      noHeaders: onOff('No line of headers'),
      showLabels: onOff('A column with all labels'),
      showKind: onOff('The kind before each name'),
      showManagedFields: onOff('With metadata.managedFields'),
      ignoreNotFound: onOff('Nothing found is no error'),
    },
    positional: words('What to show', 'TYPE [NAME] | TYPE/NAME'),
  },
  loader: async () => {
    const { get } = await import('#cmd/objects/get.ts');
    return (flags: GetFlags, ...args: string[]) => withFailures(async () => get(flags, args));
  },
});

export const applyCommand = buildCommand<ApplyFlags>({
  docs: { brief: 'Create or change objects as files say: apply -f FILE' },
  parameters: {
    aliases: { n: 'namespace', f: 'filename', R: 'recursive', o: 'output' },
    flags: {
      ...connection,
      ...files,
      output: text('yaml, json, name: print the objects'),
      dryRun,
      serverSide: onOff('The server merges, and knows who owns which field'),
      forceConflicts: onOff("With --server-side: take over others' fields"),
      fieldManager: text('The name to own fields by'),
      validate: text('strict, warn or ignore what is not known'),
    },
  },
  loader: async () => {
    const { apply } = await import('#cmd/objects/apply.ts');
    return (flags: ApplyFlags) => withFailures(async () => apply(flags));
  },
});

export const deleteCommand = buildCommand<DeleteFlags, string[]>({
  docs: { brief: 'Delete objects by file, name or label' },
  parameters: {
    aliases: { n: 'namespace', f: 'filename', R: 'recursive', l: 'selector', A: 'allNamespaces', o: 'output' },
    flags: {
      ...connection,
      ...files,
      all: onOff('All objects of the kind in the namespace'),
      allNamespaces: onOff('In all namespaces'),
      selector: text('Only objects with these labels'),
      fieldSelector: text('Only objects with these field values'),
      gracePeriod: number('Seconds to end in'),
      now: onOff('Within one second'),
      force: onOff('Do not wait for the end of containers'),
      wait: { kind: 'boolean', default: true, brief: 'Return when the objects are gone' },
      timeout: { kind: 'parsed', parse: seconds, optional: true, brief: 'How long to wait (30s, 2m)' },
      cascade: {
        kind: 'enum',
        values: ['background', 'foreground', 'orphan'],
        optional: true,
        brief: 'What becomes of the objects they own',
      },
      ignoreNotFound: onOff('Nothing found is no error'),
      dryRun,
      output: text('name'),
    },
    positional: words('What to delete', 'TYPE NAME | TYPE/NAME'),
  },
  loader: async () => {
    const { deleteObjects } = await import('#cmd/objects/delete.ts');
    return (flags: DeleteFlags, ...args: string[]) => withFailures(async () => deleteObjects(flags, args));
  },
});

function seconds(given: string): number {
  const match = /^(\d+)(s|m|h)?$/.exec(given);
  if (match === null) throw new Error(`${given} is no duration: 30s, 2m or 1h`);
  return Number(match[1]) * ({ s: 1, m: 60, h: 3600 }[match[2] ?? 's'] ?? 1);
}

export const logsCommand = buildCommand<LogsFlags, string[]>({
  docs: { brief: 'Show what a container wrote: logs -f POD, logs deploy/NAME' },
  parameters: {
    aliases: { n: 'namespace', f: 'follow', p: 'previous', c: 'container', l: 'selector' },
    flags: {
      ...connection,
      follow: onOff('Go on with what is written'),
      previous: onOff('Of the container before its last restart'),
      timestamps: onOff('The time before each line'),
      since: text('Only what is newer than 5s, 2m or 3h'),
      sinceTime: text('Only what is newer than a time (RFC 3339)'),
      tail: number('Only so many lines from the end'),
      limitBytes: number('At most so many bytes'),
      container: text('The container'),
      allContainers: onOff('Of all containers'),
      selector: text('Of the pods with these labels'),
      prefix: onOff('The pod and container before each line'),
      maxLogRequests: { kind: 'parsed', parse: whole, default: '5', brief: 'How many may be followed at once' },
    },
    positional: words('Whose', 'POD | TYPE/NAME'),
  },
  loader: async () => {
    const { logs } = await import('#cmd/objects/logs.ts');
    return (flags: LogsFlags, ...args: string[]) => withFailures(async () => logs(flags, args));
  },
});

export const execCommand = buildCommand<ExecFlags, string[]>({
  docs: { brief: 'Run a command in a container: exec -it POD -- sh' },
  parameters: {
    aliases: { n: 'namespace', c: 'container', i: 'stdin', t: 'tty', q: 'quiet' },
    flags: {
      ...connection,
      stdin: onOff('Pass standard input on'),
      tty: onOff('The input is a terminal'),
      quiet: onOff('Print only what the command prints'),
      container: text('The container'),
    },
    positional: words('Where and what', 'POD -- COMMAND'),
  },
  loader: async () => {
    const { exec } = await import('#cmd/objects/exec.ts');
    return (flags: ExecFlags, ...args: string[]) => withFailures(async () => exec(flags, args));
  },
});
