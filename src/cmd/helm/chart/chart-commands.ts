/** Flags of `helm lint` and `helm create`. */
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { valueFlags } from '#cmd/helm/flags.ts';
import type { FlagValues } from '#cmd/helm/line/flag.ts';
import { bool, list, text } from '#cmd/helm/line/flag.ts';
import { command } from '#cmd/helm/line/command.ts';

const lintFlags = {
  strict: bool('warnings fail, too'),
  withSubcharts: bool('examine the subcharts, too'),
  quiet: bool('print only warnings and errors'),
  skipSchemaValidation: bool('do not check the values against the JSON schemas'),
  kubeVersion: text('version of Kubernetes for capabilities and deprecations'),
  ...valueFlags,
};

/** What the flags of `helm lint` say. */
export type LintFlags = FlagValues<typeof lintFlags>;

export const lintCommand: HelmCommand = command<HelmContext, typeof lintFlags>({
  use: 'lint PATH',
  short: 'examine a chart for possible issues',
  flags: lintFlags,
  run: async () => (await import('#cmd/helm/chart/lint.ts')).lint,
});

const createFlags = { starter: text('name or absolute path of a starter chart', { short: 'p' }) };

export const createCommand: HelmCommand = command<HelmContext, typeof createFlags>({
  use: 'create NAME',
  short: 'create a new chart with the given name',
  args: { exactly: 1 },
  flags: createFlags,
  run: async () => (await import('#cmd/helm/chart/create.ts')).create,
});

const unittestFlags = {
  file: list('pattern of test files below the chart; tests/*_test.yaml if absent', { short: 'f' }),
};

/** Ours: Helm has a plugin for it. */
export const unittestCommand: HelmCommand = command<HelmContext, typeof unittestFlags>({
  use: 'unittest CHART [...]',
  short: 'run template unit tests',
  args: { atLeast: 1 },
  flags: unittestFlags,
  run: async () => (await import('#cmd/helm/chart/unittest.ts')).unittest,
});
