/** Flags of the commands that start, stop and look after an instance. */
import { buildCommand, buildRouteMap } from '@stricli/core';
import { withFailures } from '#cmd/failure.ts';
import type { ControllersFlags } from '#cmd/controllers.ts';
import type { UpFlags } from '#cmd/up/options.ts';

const dataDir = {
  kind: 'parsed',
  parse: String,
  optional: true,
  brief: 'Folder of the cluster (default /var/lib/wheelhouse, or ~/.local/share/wheelhouse without root)',
} as const;
const numberOf = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${text} is no whole number`);
  return value;
};

export const upCommand = buildCommand<UpFlags>({
  docs: { brief: 'Start a cluster; in the foreground until Ctrl-C, or in the background with -d' },
  parameters: {
    aliases: { d: 'detach' },
    flags: {
      dataDir,
      listen: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'HOST:PORT of the API server (default 127.0.0.1:6443)',
      },
      kubeconfig: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Where to write the kubeconfig (default in the data folder)',
      },
      simulate: {
        kind: 'parsed',
        parse: numberOf,
        optional: true,
        brief: 'Run so many simulated nodes instead of the real one',
      },
      node: {
        kind: 'boolean',
        optional: true,
        brief: 'Run the real node, also beside simulated ones (--no-node: none)',
      },
      controllers: {
        kind: 'boolean',
        default: true,
        brief: 'Run controllers and scheduler (--no-controllers: the API alone)',
      },
      serviceCidr: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Range of service addresses (default: the first free one from 10.96.0.0/16 on)',
      },
      podCidr: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Range of pod addresses (default: the first free one from 10.244.0.0/16 on)',
      },
      ephemeral: { kind: 'boolean', default: false, brief: 'Keep the objects in memory only' },
      detach: { kind: 'boolean', default: false, brief: 'Return when the cluster is ready and leave it running' },
      adminToken: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'A bearer token of the user admin, for tools',
        hidden: true,
      },
      logLevel: {
        kind: 'enum',
        values: ['debug', 'info', 'warn', 'error'],
        optional: true,
        brief: 'What the server tells on stderr (default warn)',
      },
    },
  },
  loader: async () => {
    const { up } = await import('#cmd/up/up.ts');
    return (flags: UpFlags) => withFailures(() => up(flags));
  },
});

interface DataDirFlags {
  readonly dataDir?: string;
}

export const downCommand = buildCommand<DataDirFlags & { readonly delete: boolean }>({
  docs: { brief: 'Stop a cluster; pods end gracefully, the data stays' },
  parameters: { flags: { dataDir, delete: { kind: 'boolean', default: false, brief: 'Delete the data, too' } } },
  loader: async () => {
    const { down } = await import('#cmd/down.ts');
    return (flags: DataDirFlags & { readonly delete: boolean }) => withFailures(() => down(flags));
  },
});

export const statusCommand = buildCommand<DataDirFlags & { readonly output?: string }>({
  docs: { brief: 'What runs: URL, kubeconfig, processes' },
  parameters: {
    aliases: { o: 'output' },
    flags: { dataDir, output: { kind: 'parsed', parse: String, optional: true, brief: 'json' } },
  },
  loader: async () => {
    const { status } = await import('#cmd/status.ts');
    return (flags: DataDirFlags & { readonly output?: string }) => withFailures(() => status(flags));
  },
});

export const doctorCommand = buildCommand<DataDirFlags>({
  docs: { brief: 'Check what this machine has for running containers' },
  parameters: { flags: { dataDir } },
  loader: async () => {
    const { doctor } = await import('#cmd/doctor.ts');
    return (flags: DataDirFlags) => withFailures(() => doctor(flags));
  },
});

export const controllersCommand = buildCommand<ControllersFlags>({
  docs: { brief: 'Run controllers and scheduler for the cluster of a kubeconfig, one process at a time' },
  parameters: {
    flags: {
      kubeconfig: { kind: 'parsed', parse: String, brief: 'Of a cluster that runs with --no-controllers' },
      context: { kind: 'parsed', parse: String, optional: true, brief: 'Its context (default: the current one)' },
    },
  },
  loader: async () => {
    const { controllers } = await import('#cmd/controllers.ts');
    return (flags: ControllersFlags) => withFailures(() => controllers(flags));
  },
});

export const kubeconfigCommand = buildCommand<DataDirFlags>({
  docs: { brief: 'Print the kubeconfig of a cluster' },
  parameters: { flags: { dataDir } },
  loader: async () => {
    const { printKubeconfig } = await import('#cmd/status.ts');
    return (flags: DataDirFlags) => withFailures(() => printKubeconfig(flags));
  },
});

interface ImageFlags extends DataDirFlags {
  readonly tag?: string;
}

const imageBuild = buildCommand<ImageFlags, [string]>({
  docs: {
    brief:
      "Make an image from a folder on the distribution's busybox and give it to the node; image.json in it is the config",
  },
  parameters: {
    aliases: { t: 'tag' },
    flags: {
      dataDir,
      tag: { kind: 'parsed', parse: String, optional: true, brief: "The image's name (default: the folder's)" },
    },
    positional: { kind: 'tuple', parameters: [{ parse: String, brief: 'The folder', placeholder: 'DIR' }] },
  },
  loader: async () => {
    const { buildFolder } = await import('#cmd/image.ts');
    return (flags: ImageFlags, folder: string) => withFailures(() => buildFolder(flags, folder));
  },
});

const imageImport = buildCommand<DataDirFlags, [string]>({
  docs: { brief: 'Give an OCI or docker archive to the node' },
  parameters: {
    flags: { dataDir },
    positional: { kind: 'tuple', parameters: [{ parse: String, brief: 'The archive', placeholder: 'FILE' }] },
  },
  loader: async () => {
    const { importFile } = await import('#cmd/image.ts');
    return (flags: DataDirFlags, file: string) => withFailures(() => importFile(flags, file));
  },
});

export const imageRoutes = buildRouteMap({
  routes: { build: imageBuild, import: imageImport },
  docs: { brief: 'Images without a registry' },
});
