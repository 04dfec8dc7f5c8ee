/** Flags of `helm template`. */
import { installFlags } from '#cmd/helm/chart/install-flags.ts';
import type { HelmContext } from '#cmd/helm/context.ts';
import { postRenderFlags } from '#cmd/helm/flags.ts';
import type { FlagValues } from '#cmd/helm/line/flag.ts';
import { bool, list, text, texts } from '#cmd/helm/line/flag.ts';
import { command } from '#cmd/helm/line/command.ts';

const flags = {
  ...installFlags,
  showOnly: texts('only the manifests of this template (repeatable, shell patterns)', { short: 's' }),
  outputDir: text('write the manifests to files below this folder'),
  validate: bool('check the manifests against the cluster'),
  includeCrds: bool('print the CRDs, too'),
  skipTests: bool('leave the tests out'),
  isUpgrade: bool('render as an upgrade, not as an install'),
  kubeVersion: text('version of Kubernetes for Capabilities.KubeVersion'),
  apiVersions: list('API versions for Capabilities.APIVersions', { short: 'a' }),
  releaseName: bool('write below a folder named as the release'),
  ...postRenderFlags,
};

/** What the flags of `helm template` say. */
export type TemplateCommandFlags = FlagValues<typeof flags>;

export const templateCommand = command<HelmContext, typeof flags>({
  use: 'template [NAME] [CHART]',
  short: 'locally render templates',
  long: 'Renders a chart without a cluster and prints its manifests.',
  args: { atLeast: 1 },
  flags,
  run: async () => (await import('#cmd/helm/chart/template.ts')).template,
});
