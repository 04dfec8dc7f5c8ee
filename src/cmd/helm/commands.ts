/** Flags of `wheelhouse helm …`: helm's own. Code is loaded when a command runs. */
import { buildCommand, buildRouteMap } from '@stricli/core';
import type { ShowPart } from '#cmd/helm/show.ts';
import type { TemplateFlags } from '#cmd/helm/template.ts';
import { withFailures } from '#cmd/failure.ts';

const text = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief }) as const;
const texts = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, variadic: true, brief }) as const;
const yes = (brief: string) => ({ kind: 'boolean', optional: true, withNegated: false, brief }) as const;

const valueFlags = {
  values: texts('specify values in a YAML file or a URL (can specify multiple)'),
  set: texts('set values on the command line (key1=val1,key2=val2)'),
  setString: texts('set STRING values on the command line (key1=val1,key2=val2)'),
  setJson: texts('set JSON values on the command line (key1=jsonval1,key2=jsonval2)'),
  setFile: texts('set values from respective files (key1=path1,key2=path2)'),
  setLiteral: texts('set a literal STRING value on the command line'),
};

function warn(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Helm's errors begin with a capital letter. */
function withHelmFailures(body: () => Promise<string>): Promise<void> {
  return withFailures(async () => {
    try {
      process.stdout.write(await body());
    } catch (error) {
      process.stderr.write(`Error: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  });
}

const templateCommand = buildCommand<TemplateFlags, string[]>({
  docs: { brief: 'Render chart templates locally and display the output' },
  parameters: {
    aliases: { f: 'values', n: 'namespace', s: 'showOnly', a: 'apiVersions' },
    flags: {
      ...valueFlags,
      namespace: text('namespace scope for this request'),
      kubeVersion: text('Kubernetes version used for Capabilities.KubeVersion'),
      apiVersions: texts('Kubernetes api versions used for Capabilities.APIVersions'),
      showOnly: texts('only show manifests rendered from the given templates'),
      includeCrds: yes('include CRDs in the templated output'),
      skipTests: yes('skip tests from templated output'),
      hooks: { kind: 'boolean', optional: true, brief: 'show hooks (--no-hooks: leave them out)' },
      isUpgrade: yes('set .Release.IsUpgrade instead of .Release.IsInstall'),
      skipSchemaValidation: yes('if set, disables JSON schema validation'),
    },
    positional: {
      kind: 'array',
      parameter: { parse: String, brief: '[NAME] CHART', placeholder: 'ARG' },
      minimum: 1,
      maximum: 2,
    },
  },
  loader: async () => {
    const { templateChart } = await import('#cmd/helm/template.ts');
    return (flags: TemplateFlags, ...args: string[]) => withHelmFailures(() => templateChart(args, flags, warn));
  },
});

function showCommand(part: ShowPart, brief: string) {
  return buildCommand<Record<never, never>, [string]>({
    docs: { brief },
    parameters: {
      positional: { kind: 'tuple', parameters: [{ parse: String, brief: 'The chart', placeholder: 'CHART' }] },
    },
    loader: async () => {
      const { showChart } = await import('#cmd/helm/show.ts');
      return (_flags: Record<never, never>, chart: string) => withHelmFailures(() => showChart(chart, part, warn));
    },
  });
}

const showRoutes = buildRouteMap({
  routes: {
    chart: showCommand('chart', "show the chart's definition"),
    values: showCommand('values', "show the chart's values"),
    readme: showCommand('readme', "show the chart's README"),
    crds: showCommand('crds', "show the chart's CRDs"),
    all: showCommand('all', 'show all information of the chart'),
  },
  docs: { brief: 'Show information of a chart' },
});

const versionCommand = buildCommand({
  docs: { brief: 'Print the version of Helm that this follows' },
  parameters: {},
  loader: async () => {
    const { helmVersion } = await import('#platform/charts/capabilities.ts');
    return () => {
      process.stdout.write(
        `version.BuildInfo{Version:"${helmVersion.version}", GitCommit:"${helmVersion.gitCommit}", ` +
          `GitTreeState:"${helmVersion.gitTreeState}", GoVersion:"${helmVersion.goVersion}"}\n`,
      );
    };
  },
});

export const helmRoutes = buildRouteMap({
  routes: { template: templateCommand, show: showRoutes, version: versionCommand },
  docs: { brief: "Charts, with helm's verbs and flags" },
});
