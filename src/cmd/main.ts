/**
 * The command line. Each command's code is loaded when it is asked for, so that `wheelhouse get pods` starts fast.
 *
 *   wheelhouse up | down | status | doctor | kubeconfig | image | get | apply | delete | logs | exec
 */
import { enableCompileCache } from 'node:module';
import { buildApplication, buildRouteMap, run } from '@stricli/core';
import {
  doctorCommand,
  downCommand,
  imageRoutes,
  kubeconfigCommand,
  statusCommand,
  upCommand,
} from '#cmd/commands/instance.ts';
import { helmRoutes } from '#cmd/helm/commands.ts';
import { kubectlArguments } from '#cmd/arguments.ts';
import { applyCommand, deleteCommand, execCommand, getCommand, logsCommand } from '#cmd/commands/objects.ts';

enableCompileCache();

const routes = buildRouteMap({
  routes: {
    up: upCommand,
    down: downCommand,
    status: statusCommand,
    doctor: doctorCommand,
    kubeconfig: kubeconfigCommand,
    image: imageRoutes,
    helm: helmRoutes,
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

await run(application, kubectlArguments(process.argv.slice(2)), { process });
