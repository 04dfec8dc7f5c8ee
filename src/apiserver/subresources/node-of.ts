/** The agent of the node a connection goes to. */
import type { NodeConnection } from '#api/node-connection.ts';
import type { StreamTarget } from '#api/resource.ts';
import { internalError } from '#api/status.ts';
import type { ConnectRequest } from '#apiserver/registry/dispatch.ts';

/** Deviation: upstream fails with the text of a refused connection to the kubelet; there is none to dial here. */
export function nodeOf({ call }: Pick<ConnectRequest, 'call'>, { nodeName }: StreamTarget): NodeConnection {
  const node = call.nodes.connect(nodeName);
  if (node === undefined) throw internalError(`the agent of node "${nodeName}" is not connected`);
  return node;
}
