/** Logs of a container: a body that grows, or the messages of a WebSocket. A refusal comes before the first byte. */
import type { ApiResponse } from '#api/handler.ts';
import type { PodLogOptions } from '#api/pod-log-options.ts';
import { upgrade } from '#apiserver/subresources/remote-command.ts';
import { chooseProtocol, flag, type WantedUpgrade } from '#apiserver/subresources/upgrade.ts';

export function logOptions(options: URLSearchParams): PodLogOptions {
  const number = (name: string): Record<string, number> =>
    options.has(name) ? { [name]: Number(options.get(name)) } : {};
  return {
    follow: flag(options, 'follow'),
    previous: flag(options, 'previous'),
    timestamps: flag(options, 'timestamps'),
    ...number('sinceSeconds'),
    ...number('tailLines'),
    ...number('limitBytes'),
    ...(options.has('sinceTime') ? { sinceTime: options.get('sinceTime') ?? '' } : {}),
  };
}

/** Rejects with what the node refuses. */
export async function logs(chunks: AsyncIterable<Uint8Array>, wanted: WantedUpgrade | undefined): Promise<ApiResponse> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  const all = resumed(first, iterator);
  if (wanted?.protocol !== 'websocket')
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: { kind: 'chunks', chunks: all } };
  const subprotocol = chooseProtocol(wanted.offered, ['binary.k8s.io', 'base64.binary.k8s.io'], '');
  return upgrade({
    protocol: 'websocket',
    subprotocol,
    async run(socket) {
      const isText = subprotocol === 'base64.binary.k8s.io';
      for await (const chunk of all) await socket.send(isText ? btoa(String.fromCharCode(...chunk)) : chunk);
      socket.close(1000);
    },
  });
}

async function* resumed(
  first: IteratorResult<Uint8Array>,
  iterator: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  try {
    for (let result = first; result.done !== true; result = await iterator.next()) yield result.value;
  } finally {
    await iterator.return?.();
  }
}
