/** All commands of `helm`: what must be known to find one. Its flags and code are loaded when it is asked for. */
import type { HelmCommand } from '#cmd/helm/context.ts';

const long = `The Kubernetes package manager

What is often done:

- helm search:    look for charts
- helm pull:      fetch a chart to look into it
- helm install:   bring a chart's objects to a cluster
- helm list:      what is installed

Environment: HELM_CACHE_HOME, HELM_CONFIG_HOME, HELM_DATA_HOME, HELM_DEBUG, HELM_DRIVER (secret, configmap, memory),
HELM_MAX_HISTORY, HELM_NAMESPACE, HELM_REGISTRY_CONFIG, HELM_REPOSITORY_CACHE, HELM_REPOSITORY_CONFIG, KUBECONFIG,
HELM_KUBEAPISERVER, HELM_KUBECAFILE, HELM_KUBEASGROUPS, HELM_KUBEASUSER, HELM_KUBECONTEXT, HELM_KUBETOKEN,
HELM_KUBEINSECURE_SKIP_TLS_VERIFY, HELM_KUBETLS_SERVER_NAME, HELM_BURST_LIMIT, HELM_QPS.`;

/** The root of the tree. */
export const helmCommand: HelmCommand = {
  use: 'helm',
  short: 'The Helm package manager for Kubernetes.',
  long,
  commands: [
    {
      name: 'template',
      short: 'locally render templates',
      load: async () => (await import('#cmd/helm/chart/template-command.ts')).templateCommand,
    },
    {
      name: 'show',
      aliases: ['inspect'],
      short: 'show information of a chart',
      load: async () => (await import('#cmd/helm/chart/show-command.ts')).showCommand,
    },
    {
      name: 'lint',
      short: 'examine a chart for possible issues',
      load: async () => (await import('#cmd/helm/chart/chart-commands.ts')).lintCommand,
    },
    {
      name: 'create',
      short: 'create a new chart with the given name',
      load: async () => (await import('#cmd/helm/chart/chart-commands.ts')).createCommand,
    },
    {
      name: 'version',
      short: 'print the client version information',
      load: async () => (await import('#cmd/helm/environment/commands.ts')).versionCommand,
    },
    {
      name: 'env',
      short: 'helm client environment information',
      load: async () => (await import('#cmd/helm/environment/commands.ts')).envCommand,
    },
    {
      name: 'completion',
      short: 'generate autocompletion scripts for the specified shell',
      load: async () => (await import('#cmd/helm/environment/commands.ts')).completionCommand,
    },
  ],
};
