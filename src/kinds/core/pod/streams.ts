/** Whom exec, attach, port-forward, log and proxy of a pod connect to, with upstream's refusals. */
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { StreamSubresource, StreamTarget } from '#api/resource.ts';
import { badRequest, notFound } from '#api/status.ts';
import { checkLogOptions } from '#kinds/core/pod/log-options.ts';
import type { DeepReadonly } from '#base/immutable.ts';

type ReadonlyPod = DeepReadonly<Pod>;

/** For log, exec and attach: a container is needed. */
export function containerStream(type: 'log' | 'exec' | 'attach'): StreamSubresource<Pod> {
  return {
    type,
    resolve: async (pod, key, options) => {
      if (type === 'log') checkLogOptions(options, key.name);
      if (pod === undefined) throw notFound(pods, key.name);
      const container = containerOf(pod, options.get('container') ?? '');
      const target = targetOf(pod);
      if (target === undefined) {
        // A log of a pod that is on no node is empty; the others have nowhere to go.
        if (type === 'log') return { nodeName: '', pod: referenceOf(pod), container };
        throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
      }
      return { ...target, container };
    },
  };
}

export const portForwardStream: StreamSubresource<Pod> = {
  type: 'portforward',
  resolve: async (pod, key) => {
    if (pod === undefined) throw notFound(pods, key.name);
    const target = targetOf(pod);
    if (target === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
    return target;
  },
};

/** `name`, `name:port`, `http:name:port`: the key's name carries scheme and port. */
export const proxyStream: StreamSubresource<Pod> = {
  type: 'proxy',
  resolve: async (_object, key, _options, call) => {
    const { scheme, name, port } = splitSchemeNamePort(key.name);
    const pod = call.reader.get(pods, { namespace: key.namespace, name });
    if (pod === undefined) throw notFound(pods, name);
    const host = pod.status?.podIP ?? pod.status?.podIPs?.[0]?.ip;
    if (host === undefined || host === '') throw badRequest('address not allowed');
    return { nodeName: pod.spec?.nodeName ?? '', scheme, host, port: portOf(pod, port) };
  },
};

/** Parses the name of a proxy request. */
export function splitSchemeNamePort(id: string): { scheme: 'http' | 'https'; name: string; port: string } {
  const parts = id.split(':');
  if (parts.length === 1) return { scheme: 'http', name: id, port: '' };
  if (parts.length === 2) return { scheme: 'http', name: parts[0] as string, port: parts[1] as string };
  const scheme = parts[0] === 'https' ? 'https' : 'http';
  if (parts.length > 3 || !['', 'http', 'https'].includes(parts[0] as string))
    throw badRequest(`invalid pod request "${id}"`);
  return { scheme, name: parts[1] as string, port: parts[2] as string };
}

function portOf(pod: ReadonlyPod, port: string): number {
  const ports = (pod.spec?.containers ?? []).flatMap((container) => [...(container.ports ?? [])]);
  if (port === '') return ports[0]?.containerPort ?? 80;
  return ports.find((entry) => entry.name === port)?.containerPort ?? Number(port);
}

function targetOf(pod: ReadonlyPod): StreamTarget | undefined {
  const nodeName = pod.spec?.nodeName;
  return nodeName === undefined || nodeName === '' ? undefined : { nodeName, pod: referenceOf(pod) };
}

function referenceOf(pod: ReadonlyPod): { namespace: string; name: string; uid: string } {
  return { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '' };
}

function containerOf(pod: ReadonlyPod, wanted: string): string {
  const name = pod.metadata.name;
  const main = (pod.spec?.containers ?? []).map((container) => container.name);
  const init = (pod.spec?.initContainers ?? []).map((container) => container.name);
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map((container) => container.name);
  if (wanted !== '') {
    if ([...main, ...init, ...ephemeral].includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  if (main.length === 1) return main[0] as string;
  if (main.length === 0) throw badRequest(`a container name must be specified for pod ${name}`);
  const list = (names: readonly string[]): string => `[${names.join(' ')}]`;
  const inits = init.length === 0 ? '' : ` or one of the init containers: ${list(init)}`;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: ${list(main)}${inits}`);
}
