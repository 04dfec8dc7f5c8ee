/**
 * Writes core/v1 Events in the background. An Event that is counted up while it waits to be written is written once:
 * what is queued is the Event, not the occurrence.
 */
import type { Clock } from '#base/clock.ts';
import { sleep, timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { Logger } from '#base/logger.ts';
import { errorMessage } from '#base/logger.ts';
import type { Event, ObjectReference } from '#api/generated/core/v1.ts';
import { events } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import { isNotFound, isStatusError } from '#api/status.ts';
import type { Client } from '#client/client.ts';
import { EventCorrelator, remember } from '#client/event-correlator.ts';
import type { Occurrence } from '#client/event-correlator.ts';
import type { EventDetails, EventRecorder } from '#client/events.ts';

export interface EventRecorderPorts {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}
export interface EventSource {
  /** `deployment-controller`, `kubelet`. */
  readonly component: string;
  /** The node, if it speaks for one. */
  readonly host?: string;
}

/** Events that wait to be written; more are dropped, as upstream drops them. */
const longestQueue = 20_000;
const writersAtOnce = 8;
const retryDelayMs = 10_000;
const attempts = 12;

/** An Event as it shall be; `stored` says whether the server has it. */
interface Entry {
  readonly event: Event;
  stored: boolean;
  queued: boolean;
}

/** A recorder that speaks as `source`. It ends with `ports.signal`; what is queued then is dropped. */
export function createEventRecorder(ports: EventRecorderPorts, source: EventSource): EventRecorder {
  return new BackgroundRecorder(ports, source);
}

/**
 * 1. One Event is written by one writer at a time, so its count never goes back.
 * 2. At most `writersAtOnce` requests are under way.
 */
class BackgroundRecorder implements EventRecorder {
  readonly #ports: EventRecorderPorts;
  readonly #source: EventSource;
  readonly #correlator = new EventCorrelator();
  readonly #entries = new Map<string, Entry>();
  readonly #queue: Entry[] = [];
  #head = 0;
  #writers = 0;
  #lastNameMs = 0;
  #nameSequence = 0;

  constructor(ports: EventRecorderPorts, source: EventSource) {
    this.#ports = ports;
    this.#source = source;
  }

  event(
    object: DeepReadonly<HasMetadata>,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    details: EventDetails = {},
  ): void {
    const nowMs = this.#ports.clock.now();
    const occurrence: Occurrence = { involvedObject: referenceTo(object, details), type, reason, message };
    const correlated = this.#correlator.correlate(occurrence, nowMs);
    if (correlated === undefined) return;
    const known = this.#entries.get(correlated.key);
    const entry = known ?? { event: this.#newEvent(occurrence, nowMs), stored: false, queued: false };
    if (known !== undefined) entry.event.count = (entry.event.count ?? 0) + 1;
    entry.event.message = correlated.message;
    entry.event.lastTimestamp = timestamp(nowMs);
    remember(this.#entries, correlated.key, entry);
    this.#enqueue(entry);
  }

  #newEvent(occurrence: Occurrence, nowMs: number): Event {
    const { involvedObject, type, reason, message } = occurrence;
    const at = timestamp(nowMs);
    const namespace = involvedObject.namespace ?? 'default';
    const { component, host } = this.#source;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${involvedObject.name}.${this.#nameSuffix(nowMs)}`, namespace },
      involvedObject,
      reason,
      message,
      source: host === undefined ? { component } : { component, host },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }

  /** Hexadecimal nanoseconds; those below the clock's resolution are counted. */
  #nameSuffix(nowMs: number): string {
    const ms = Math.floor(nowMs);
    this.#nameSequence = ms === this.#lastNameMs ? this.#nameSequence + 1 : 0;
    this.#lastNameMs = ms;
    return (BigInt(ms) * 1_000_000n + BigInt(this.#nameSequence)).toString(16);
  }

  #enqueue(entry: Entry): void {
    if (entry.queued || this.#queue.length - this.#head >= longestQueue) return;
    entry.queued = true;
    this.#queue.push(entry);
    if (this.#writers < writersAtOnce) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#writers++;
    // The first write starts in a turn of its own: the caller is in the middle of something.
    await Promise.resolve();
    while (this.#head < this.#queue.length && !this.#ports.signal.aborted) {
      const entry = this.#queue[this.#head++] as Entry;
      await this.#write(entry);
    }
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    }
    this.#writers--;
  }

  async #write(entry: Entry): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const written = entry.event.count;
      try {
        await this.#send(entry);
        entry.queued = false;
        if (entry.event.count !== written) this.#enqueue(entry);
        return;
      } catch (error) {
        if (this.#ports.signal.aborted) return;
        if (isStatusError(error) && error.code < 500) {
          this.#ports.log.debug('event rejected', { error: errorMessage(error), reason: entry.event.reason });
          break;
        }
        await sleep(this.#ports.clock, retryDelayMs, this.#ports.signal).catch(() => undefined);
      }
    }
    entry.queued = false;
  }

  async #send(entry: Entry): Promise<void> {
    const { client } = this.#ports;
    const { event } = entry;
    if (entry.stored) {
      const key = { namespace: event.metadata.namespace ?? '', name: event.metadata.name ?? '' };
      const { count, lastTimestamp, message } = event;
      try {
        await client.patch(events, key, { count, lastTimestamp, message }, { type: 'strategic' });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    await client.create(events, event);
    entry.stored = true;
  }
}

function referenceTo(object: DeepReadonly<HasMetadata>, details: EventDetails): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  const reference: ObjectReference = {
    kind: object.kind,
    namespace,
    name,
    uid,
    apiVersion: object.apiVersion,
    resourceVersion,
  };
  if (details.fieldPath !== undefined) reference.fieldPath = details.fieldPath;
  return reference;
}
