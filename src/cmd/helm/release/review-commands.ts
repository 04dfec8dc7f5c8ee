/** Flags of the commands that Helm has not: what an upgrade would do, what has drifted, CRDs as a reviewed step. */
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { chartPathFlags, develFlag, valueFlags } from '#cmd/helm/flags.ts';
import type { FlagValues } from '#cmd/helm/line/flag.ts';
import { bool, duration } from '#cmd/helm/line/flag.ts';
import { command, loaded } from '#cmd/helm/line/command.ts';
import { upgradeFlags } from '#cmd/helm/release/commands.ts';

const detailedExitcode = bool('exit code 2 if something differs');
const planFlags = { ...upgradeFlags, detailedExitcode };

/** What the flags of `helm diff` say. */
export type PlanFlags = FlagValues<typeof planFlags>;

export const diffCommand: HelmCommand = command<HelmContext, typeof planFlags>({
  use: 'diff [RELEASE] [CHART]',
  aliases: ['plan'],
  short: 'show what an upgrade would change, Secrets hidden',
  args: { exactly: 2 },
  flags: planFlags,
  run: async () => (await import('#cmd/helm/release/review.ts')).diff,
});

const driftFlags = { detailedExitcode };

export const driftCommand: HelmCommand = command<HelmContext, typeof driftFlags>({
  use: 'drift RELEASE_NAME',
  short: 'show how the cluster differs from a release',
  args: { exactly: 1 },
  flags: driftFlags,
  run: async () => (await import('#cmd/helm/release/review.ts')).drift,
});

const crdFlags = {
  devel: develFlag,
  ...chartPathFlags,
  ...valueFlags,
  insist: bool('make changes that may lose data, too'),
  timeout: duration('how long to wait for the CRDs', { initialMs: 300_000, shown: '5m0s' }),
};

/** What the flags of `helm crds …` say. */
export type CrdFlags = FlagValues<typeof crdFlags>;

export const crdsCommand: HelmCommand = {
  use: 'crds',
  short: "review and upgrade a chart's CRDs",
  commands: [
    loaded(
      command<HelmContext, typeof crdFlags>({
        use: 'diff [CHART]',
        short: 'show what would become of the CRDs',
        args: { exactly: 1 },
        flags: crdFlags,
        run: async () => (await import('#cmd/helm/release/review.ts')).diffCrds,
      }),
    ),
    loaded(
      command<HelmContext, typeof crdFlags>({
        use: 'upgrade [CHART]',
        short: 'create and change the CRDs',
        args: { exactly: 1 },
        flags: crdFlags,
        run: async () => (await import('#cmd/helm/release/review.ts')).changeCrds,
      }),
    ),
  ],
};
