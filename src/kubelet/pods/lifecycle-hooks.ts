/** postStart and preStop: a command in the container, an HTTP request to it, or a pause. */
import type { LifecycleHandler } from '#api/generated/core/v1.ts';
import { sleep } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { httpRequest, OutputCapture } from '#kubelet/probes/run-probe.ts';
import type { PodContext } from '#kubelet/pods/pod-context.ts';
import type { ReadonlyContainer } from '#kubelet/pods/pod-runtime.ts';

export interface Hook {
  readonly handler: DeepReadonly<LifecycleHandler>;
  readonly container: ReadonlyContainer;
  readonly containerId: string;
}

/** Rejects when the hook failed; aborting ends the wait (and an exec). */
export async function runHook(
  context: PodContext,
  { handler, container, containerId }: Hook,
  signal: AbortSignal,
): Promise<void> {
  const { ports } = context.node;
  if (handler.exec !== undefined) {
    const capture = new OutputCapture();
    const { exitCode } = await ports.runtime.exec(
      containerId,
      { command: handler.exec.command ?? [], tty: false, stdin: false },
      capture.io,
      signal,
    );
    if (exitCode !== 0)
      throw new Error(`command '${(handler.exec.command ?? []).join(' ')}' exited with ${exitCode}: ${capture.text()}`);
  } else if (handler.httpGet !== undefined) {
    const podIP = context.addresses().podIPs[0] ?? '';
    const request = httpRequest(handler.httpGet, { container, containerId, podIP });
    const headers = request.headers.map((header) =>
      header.value === 'kube-probe/1.36' ? { name: header.name, value: 'kube-lifecycle/1.36' } : header,
    );
    const answer = await ports.probes.http({ ...request, headers }, 30_000);
    if (answer.status >= 400) throw new Error(`HTTP probe failed with statuscode: ${answer.status}`);
  } else if (handler.sleep !== undefined) {
    await sleep(context.clock, handler.sleep.seconds * 1000, signal);
  } else throw new Error(`invalid handler`);
}
