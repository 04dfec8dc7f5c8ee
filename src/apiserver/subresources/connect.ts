/**
 * The subresources that are connections: exec, attach, port-forward, log and proxy. The kind says whom to connect to, this
 * says how, and the node's agent does it.
 */
import type { ApiResponse } from '#api/handler.ts';
import type { StreamTarget } from '#api/resource.ts';
import { notFound } from '#api/status.ts';
import type { Connect, ConnectRequest } from '#apiserver/registry/dispatch.ts';
import { servedObject } from '#apiserver/registry/endpoint.ts';
import { logOptions, logs } from '#apiserver/subresources/log.ts';
import { portForward } from '#apiserver/subresources/port-forward.ts';
import { nodeOf } from '#apiserver/subresources/node-of.ts';
import { type Dialer, proxy } from '#apiserver/subresources/proxy.ts';
import { remoteCommand, streamsOf } from '#apiserver/subresources/remote-command.ts';
import { requiredUpgrade, wantedUpgrade } from '#apiserver/subresources/upgrade.ts';

export interface ConnectOptions {
  /** Connections from the server's own machine, and TLS over any connection; absent: targets without a node are refused. */
  readonly dialer?: Dialer;
}

/** For the registry's `connect`. */
export function createConnect(options: ConnectOptions = {}): Connect {
  return async (asked) => {
    const { stream, key, call, request } = asked;
    const query = new URLSearchParams(request.query);
    const target = await stream.resolve(objectOf(asked), key, query, call);
    if (stream.type === 'proxy') return proxy({ target, asked, dialer: options.dialer });
    return connectPod(asked, query, target);
  };
}

function objectOf({ endpoint, key, stream }: ConnectRequest): ReturnType<typeof servedObject> | undefined {
  const version = endpoint.collection?.get(key.namespace, key.name);
  if (version !== undefined) return servedObject(endpoint, version);
  if (stream.type !== 'proxy') throw notFound(endpoint.resource, key.name);
  return undefined;
}

async function connectPod(asked: ConnectRequest, query: URLSearchParams, target: StreamTarget): Promise<ApiResponse> {
  const { stream, request, key } = asked;
  const pod = target.pod ?? { ...key, uid: '' };
  const container = target.container ?? '';
  switch (stream.type) {
    case 'log': {
      const wanted = wantedUpgrade(request);
      if (target.nodeName !== '')
        return logs(nodeOf(asked, target).logs(pod, container, logOptions(query), request.signal), wanted);
      if (wanted !== undefined) return logs(noLines(), wanted);
      return { status: 204, headers: {}, body: { kind: 'bytes', bytes: new Uint8Array() } };
    }
    case 'portforward':
      return portForward({ node: nodeOf(asked, target), pod }, requiredUpgrade(request));
    default: {
      const kind = stream.type === 'exec' ? 'exec' : 'attach';
      const wanted = requiredUpgrade(request);
      const exec = { pod, container, command: kind === 'exec' ? query.getAll('command') : [], ...streamsOf(query) };
      return remoteCommand({ kind, node: nodeOf(asked, target), request: exec }, wanted, request.signal);
    }
  }
}

/** What a container that is on no node has said. */
async function* noLines(): AsyncIterable<Uint8Array> {}
