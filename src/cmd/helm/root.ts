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
      name: 'unittest',
      short: 'run template unit tests',
      load: async () => (await import('#cmd/helm/chart/chart-commands.ts')).unittestCommand,
    },
    {
      name: 'dependency',
      aliases: ['dep', 'dependencies'],
      short: "manage a chart's dependencies",
      load: async () => (await import('#cmd/helm/repository/chart-commands.ts')).dependencyCommand,
    },
    {
      name: 'package',
      short: 'package a chart directory into a chart archive',
      load: async () => (await import('#cmd/helm/repository/chart-commands.ts')).packageCommand,
    },
    {
      name: 'pull',
      aliases: ['fetch'],
      short: 'download a chart from a repository and (optionally) unpack it in local directory',
      load: async () => (await import('#cmd/helm/repository/chart-commands.ts')).pullCommand,
    },
    {
      name: 'push',
      short: 'push a chart to remote',
      load: async () => (await import('#cmd/helm/repository/chart-commands.ts')).pushCommand,
    },
    {
      name: 'registry',
      short: 'login to or logout from a registry',
      load: async () => (await import('#cmd/helm/repository/chart-commands.ts')).registryCommand,
    },
    {
      name: 'repo',
      short: 'add, list, remove, update, and index chart repositories',
      load: async () => (await import('#cmd/helm/repository/repo-commands.ts')).repoCommand,
    },
    {
      name: 'search',
      short: 'search for a keyword in charts',
      load: async () => (await import('#cmd/helm/repository/repo-commands.ts')).searchCommand,
    },
    {
      name: 'verify',
      short: 'verify that a chart at the given path has been signed and is valid',
      load: async () => (await import('#cmd/helm/repository/chart-commands.ts')).verifyCommand,
    },
    {
      name: 'install',
      short: 'install a chart',
      load: async () => (await import('#cmd/helm/release/commands.ts')).installCommand,
    },
    {
      name: 'upgrade',
      short: 'upgrade a release',
      load: async () => (await import('#cmd/helm/release/commands.ts')).upgradeCommand,
    },
    {
      name: 'rollback',
      short: 'roll back a release to a previous revision',
      load: async () => (await import('#cmd/helm/release/commands.ts')).rollbackCommand,
    },
    {
      name: 'uninstall',
      aliases: ['del', 'delete', 'un'],
      short: 'uninstall a release',
      load: async () => (await import('#cmd/helm/release/commands.ts')).uninstallCommand,
    },
    {
      name: 'test',
      short: 'run tests for a release',
      load: async () => (await import('#cmd/helm/release/commands.ts')).testCommand,
    },
    {
      name: 'unlock',
      short: 'free a release that another client left in the middle of an operation',
      load: async () => (await import('#cmd/helm/release/commands.ts')).unlockCommand,
    },
    {
      name: 'diff',
      aliases: ['plan'],
      short: 'show what an upgrade would change, Secrets hidden',
      load: async () => (await import('#cmd/helm/release/review-commands.ts')).diffCommand,
    },
    {
      name: 'drift',
      short: 'show how the cluster differs from a release',
      load: async () => (await import('#cmd/helm/release/review-commands.ts')).driftCommand,
    },
    {
      name: 'crds',
      short: "review and upgrade a chart's CRDs",
      load: async () => (await import('#cmd/helm/release/review-commands.ts')).crdsCommand,
    },
    {
      name: 'list',
      aliases: ['ls'],
      short: 'list releases',
      load: async () => (await import('#cmd/helm/release/read-commands.ts')).listCommand,
    },
    {
      name: 'history',
      aliases: ['hist'],
      short: 'fetch release history',
      load: async () => (await import('#cmd/helm/release/read-commands.ts')).historyCommand,
    },
    {
      name: 'status',
      short: 'display the status of the named release',
      load: async () => (await import('#cmd/helm/release/read-commands.ts')).statusCommand,
    },
    {
      name: 'get',
      short: 'download extended information of a named release',
      load: async () => (await import('#cmd/helm/release/read-commands.ts')).getCommand,
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
