/** containerd's event stream, turned into the few events that the kubelet acts on. No polling while nothing happens. */
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { ContainerStatus, RuntimeEvent } from '#kubelet/runtime.ts';
import type { GrpcClient } from '#host/containerd/grpc.ts';

interface Envelope {
  readonly topic: string;
  readonly event: { readonly value: Uint8Array } | null;
}
const eventTypes: Readonly<Record<string, string>> = {
  '/tasks/start': 'TaskStart',
  '/tasks/exit': 'TaskExit',
  '/tasks/oom': 'TaskOOM',
};
const imageTopics: ReadonlySet<string> = new Set(['/images/create', '/images/update', '/images/delete']);
/** CRI learns of an exit from the same stream as we do, so its view lags by some milliseconds. */
const settleDelaysMs = [2, 5, 10, 20, 40, 80, 160, 320, 640, 1280];

/**
 * 1. The stream is open while there is a listener, and is opened again when it breaks.
 * 2. After a break, listeners get a `deleted` event with an empty id: look at everything again.
 */
export class ContainerEvents {
  readonly #grpc: GrpcClient;
  readonly #log: Logger;
  readonly #status: (id: string) => Promise<ContainerStatus | undefined>;
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #stop: AbortController | undefined;

  constructor(grpc: GrpcClient, log: Logger, status: (id: string) => Promise<ContainerStatus | undefined>) {
    this.#grpc = grpc;
    this.#log = log;
    this.#status = status;
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    if (this.#stop === undefined) {
      this.#stop = new AbortController();
      void this.#run(this.#stop.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const filters = [...Object.keys(eventTypes), ...imageTopics].map((topic) => `topic=="${topic}"`);
    while (!signal.aborted) {
      try {
        for await (const envelope of this.#grpc.stream<Envelope>(
          'containerd.services.events.v1.Events/Subscribe',
          { filters },
          signal,
        )) {
          this.#receive(envelope);
        }
      } catch (error) {
        this.#log.warn('the event stream of containerd broke', { error: errorMessage(error) });
      }
      if (signal.aborted) return;
      await delay(500, undefined, { ref: false });
      this.#emit({ type: 'deleted', containerId: '' });
    }
  }

  #receive(envelope: Envelope): void {
    if (imageTopics.has(envelope.topic)) return this.#emit({ type: 'images', containerId: '' });
    const typeName = eventTypes[envelope.topic];
    if (typeName === undefined || envelope.event === null) return;
    const event = this.#grpc.decode<{ containerId: string; id?: string }>(
      `containerd.services.events.v1.${typeName}`,
      envelope.event.value,
    );
    if (typeName === 'TaskStart') this.#emit({ type: 'started', containerId: event.containerId });
    else if (typeName === 'TaskOOM') this.#emit({ type: 'oom', containerId: event.containerId });
    else if (event.id === event.containerId) void this.#exited(event.containerId);
  }

  async #exited(containerId: string): Promise<void> {
    for (const delayMs of settleDelaysMs) {
      const status = await this.#status(containerId).catch(() => undefined);
      if (status === undefined || status.state === 'exited') break;
      await delay(delayMs);
    }
    this.#emit({ type: 'exited', containerId });
  }

  #emit(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
