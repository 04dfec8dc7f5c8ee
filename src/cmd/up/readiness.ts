/** Is the API server of this process ready by its own account? */
import { systemMasters } from '#api/handler.ts';
import type { RunningServer } from '#cmd/up/server.ts';

/** Undefined when /readyz answers 200; else what it said. */
export async function bootstrapError(server: RunningServer): Promise<string | undefined> {
  const response = await server.controlPlane.handle({
    method: 'GET',
    path: '/readyz',
    query: 'verbose',
    headers: {},
    peer: { address: '', user: systemMasters },
    signal: new AbortController().signal,
  });
  if (response.status === 200) return undefined;
  const text = response.body.kind === 'bytes' ? new TextDecoder().decode(response.body.bytes) : '';
  return `the API server is not ready: ${text}`;
}
