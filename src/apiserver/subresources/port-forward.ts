/**
 * Port-forward: the client opens a pair of SPDY streams per connection, `error` and `data`, tied by a request id; the bytes
 * of `data` go to a port of the pod. SPDY comes over an upgraded connection, or inside the messages of a WebSocket.
 */
import type { Duplex, MessageSocket } from '#base/streams.ts';
import type { ApiResponse } from '#api/handler.ts';
import type { NodeConnection, PodReference } from '#api/node-connection.ts';
import { upgrade } from '#apiserver/subresources/remote-command.ts';
import { chooseProtocol, type WantedUpgrade } from '#apiserver/subresources/upgrade.ts';
import { SpdySession, type SpdyStream } from '#wire/spdy/session.ts';

const protocol = 'portforward.k8s.io';
const tunnelProtocol = `SPDY/3.1+${protocol}`;
const encoder = new TextEncoder();

export interface PortForward {
  readonly node: NodeConnection;
  readonly pod: PodReference;
}

/** Throws 403 when no subprotocol fits. */
export function portForward(target: PortForward, wanted: WantedUpgrade): ApiResponse {
  if (wanted.protocol === 'websocket') {
    const subprotocol = chooseProtocol(wanted.offered, [tunnelProtocol], tunnelProtocol);
    return upgrade({ protocol: 'websocket', subprotocol, run: (socket) => forwardAll(target, messageDuplex(socket)) });
  }
  const chosen = chooseProtocol(wanted.offered, [protocol], protocol);
  return upgrade({
    protocol: 'SPDY/3.1',
    headers: { 'X-Stream-Protocol-Version': chosen },
    run: (connection) => forwardAll(target, connection),
  });
}

/** Bytes in messages, however they are cut. */
function messageDuplex(socket: MessageSocket): Duplex {
  async function* readable(): AsyncIterable<Uint8Array> {
    for await (const { data } of socket.messages) yield data;
  }
  return {
    readable: readable(),
    write: (chunk) => socket.send(chunk),
    end: () => socket.close(1000),
    destroy: () => socket.close(1011),
  };
}

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
}

async function forwardAll(target: PortForward, connection: Duplex): Promise<void> {
  const pairs = new Map<string, Pair>();
  for await (const stream of new SpdySession(connection).streams) {
    const id =
      stream.headers.get('requestid')?.[0] ??
      String(stream.id - (stream.headers.get('streamtype')?.[0] === 'data' ? 2 : 0));
    const pair = pairs.get(id) ?? {};
    pairs.set(id, pair);
    if (stream.headers.get('streamtype')?.[0] === 'error') pair.error = stream;
    else pair.data = stream;
    if (pair.error === undefined || pair.data === undefined) continue;
    pairs.delete(id);
    void forward(target, pair.data, pair.error);
  }
}

async function forward({ node, pod }: PortForward, data: SpdyStream, error: SpdyStream): Promise<void> {
  const port = Number(data.headers.get('port')?.[0] ?? 0);
  try {
    await join(data, await node.portForward(pod, port));
    await data.end();
  } catch (failure) {
    const text = failure instanceof Error ? failure.message : String(failure);
    await error
      .write(encoder.encode(`error forwarding port ${port} to pod ${pod.name}, uid ${pod.uid}: ${text}`))
      .catch(() => {});
    await data.reset();
  }
  await error.end();
}

/** Until the pod has closed its side; what the client still sends is dropped then. */
async function join(client: SpdyStream, pod: Duplex): Promise<void> {
  const upload = async (): Promise<void> => {
    try {
      for await (const chunk of client.readable) await pod.write(chunk);
      pod.end();
    } catch (error) {
      pod.destroy(error instanceof Error ? error : undefined);
    }
  };
  void upload();
  for await (const chunk of pod.readable) await client.write(chunk);
}
