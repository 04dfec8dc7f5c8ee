/** The commands beside helm's. Each one's code is loaded when it is asked for, so that `wheelhouse get pods` starts fast. */
import { buildApplication, buildCommand, buildRouteMap, run } from '@stricli/core';
import {
  controllersCommand,
  doctorCommand,
  downCommand,
  imageRoutes,
  kubeconfigCommand,
  statusCommand,
  upCommand,
} from '#cmd/commands/instance.ts';
import { kubectlArguments } from '#cmd/arguments.ts';
import { applyCommand, deleteCommand, execCommand, getCommand, logsCommand } from '#cmd/commands/objects.ts';

/** For `wheelhouse --help`: main.ts hands helm's lines over before this file is loaded. */
const helmCommand = buildCommand<Record<never, never>, string[]>({
  docs: { brief: "Charts, with helm's verbs and flags" },
  parameters: { positional: { kind: 'array', parameter: { parse: String, brief: 'as helm', placeholder: 'ARG' } } },
  loader: async () => {
    const { helmMain } = await import('#cmd/helm/main.ts');
    return (_flags: Record<never, never>, ...line: string[]) => helmMain(line);
  },
});

const routes = buildRouteMap({
  routes: {
    up: upCommand,
    down: downCommand,
    status: statusCommand,
    controllers: controllersCommand,
    doctor: doctorCommand,
    kubeconfig: kubeconfigCommand,
    image: imageRoutes,
    helm: helmCommand,
    get: getCommand,
    apply: applyCommand,
    delete: deleteCommand,
    logs: logsCommand,
    exec: execCommand,
  },
  docs: { brief: 'Kubernetes and the platform around it: one install, one cluster, in a second' },
});

const application = buildApplication(routes, {
  name: 'wheelhouse',
  scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
  documentation: { caseStyle: 'convert-camel-to-kebab', disableAnsiColor: process.stdout.isTTY !== true },
});

/** Runs a line of the command line. */
export function runRoutes(line: readonly string[]): Promise<void> {
  return run(application, kubectlArguments(line), { process });
}
