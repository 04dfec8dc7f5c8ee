/** Flags that `helm install` and `helm template` share. */
import { chartPathFlags, develFlag, labelsFlag, valueFlags } from '#cmd/helm/flags.ts';
import { bool, duration, text } from '#cmd/helm/line/flag.ts';

export const installFlags = {
  createNamespace: bool('create the namespace of the release'),
  dryRun: text('only show what would be done; client asks no cluster, server does', { bare: 'client', kind: 'string' }),
  force: bool('replace objects instead of patching them'),
  noHooks: bool('run no hooks'),
  replace: bool('take a name that an uninstalled release of the history has'),
  timeout: duration('how long one operation may take', { initialMs: 300_000, shown: '5m0s' }),
  wait: bool('wait until everything is ready'),
  waitForJobs: bool('with --wait: wait until all Jobs are complete'),
  generateName: bool('make up a name', { short: 'g' }),
  nameTemplate: text('template of the release’s name'),
  description: text('description of the release'),
  devel: develFlag,
  dependencyUpdate: bool('fetch missing dependencies first'),
  disableOpenapiValidation: bool('do not check the manifests against the OpenAPI schema'),
  atomic: bool('uninstall if the installation fails; sets --wait'),
  skipCrds: bool('install no CRDs'),
  renderSubchartNotes: bool('render the notes of subcharts, too'),
  skipSchemaValidation: bool('do not check the values against the JSON schemas'),
  allowRemoteSchemas: bool('fetch what values.schema.json refers to over HTTP (ours, not Helm’s)'),
  labels: labelsFlag,
  enableDns: bool('let templates ask the DNS'),
  hideNotes: bool('do not print the notes'),
  takeOwnership: bool('take objects that are not marked as this release’s'),
  ...valueFlags,
  ...chartPathFlags,
};
