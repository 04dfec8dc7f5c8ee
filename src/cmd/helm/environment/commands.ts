/** `helm env`, `helm version`, `helm completion`. */
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { bool, text } from '#cmd/helm/line/flag.ts';
import { command } from '#cmd/helm/line/command.ts';

export const envCommand: HelmCommand = command<HelmContext, Record<never, never>>({
  use: 'env',
  short: 'helm client environment information',
  args: { atMost: 1 },
  flags: {},
  run: async () => (await import('#cmd/helm/environment/env.ts')).env,
});

const versionFlags = {
  client: bool('', { short: 'c', hidden: true }),
  short: bool('print the version number'),
  template: text('template to print the version with'),
};

export const versionCommand: HelmCommand = command<HelmContext, typeof versionFlags>({
  use: 'version',
  short: 'print the client version information',
  args: { atMost: 0, exactly: 0 },
  flags: versionFlags,
  run: async () => (await import('#cmd/helm/environment/version.ts')).version,
});

/** Deviation: there are no completion scripts yet. */
export const completionCommand: HelmCommand = command<HelmContext, Record<never, never>>({
  use: 'completion',
  short: 'generate autocompletion scripts for the specified shell',
  flags: {},
  run: () => Promise.resolve(() => Promise.reject(new Error('completion scripts are not available'))),
});
