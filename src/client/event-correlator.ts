/**
 * Which events are written, and as what: the rules of client-go's correlator.
 *
 * - Equal events (source, object, type, reason, message) are one Event whose count rises.
 * - More than 10 different messages of one reason within 10 minutes become one Event,
 *   "(combined from similar events): " and the last message.
 * - One source may say 25 things about an object at once, and one more every 5 minutes.
 */
import type { ObjectReference } from '#api/generated/core/v1.ts';

export interface Occurrence {
  readonly involvedObject: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What to write: the same key names the same Event. */
export interface Correlated {
  readonly key: string;
  readonly message: string;
}

const longestMemory = 4096;
const similarLimit = 10;
const similarWindowMs = 600_000;
const burst = 25;
const refillMs = 300_000;

interface SimilarMessages {
  readonly messages: Set<string>;
  lastMs: number;
}
interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * 1. No map holds more than 4096 entries; the least recently used go first.
 * 2. A bucket holds between 0 and 25 tokens.
 */
export class EventCorrelator {
  readonly #similar = new Map<string, SimilarMessages>();
  readonly #buckets = new Map<string, Bucket>();

  /** Undefined: said too often, to be dropped. */
  correlate(event: Occurrence, nowMs: number): Correlated | undefined {
    const about = objectText(event.involvedObject);
    const group = `${about}\n${event.type}\n${event.reason}`;
    const similar = this.#similarMessages(group, event.message, nowMs);
    if (!this.#mayWrite(`${about}\n${event.type}`, nowMs)) return undefined;
    if (similar < similarLimit) return { key: `${group}\n${event.message}`, message: event.message };
    return { key: group, message: `(combined from similar events): ${event.message}` };
  }

  #similarMessages(group: string, message: string, nowMs: number): number {
    let entry = this.#similar.get(group);
    if (entry === undefined || nowMs - entry.lastMs > similarWindowMs) entry = { messages: new Set(), lastMs: nowMs };
    entry.messages.add(message);
    entry.lastMs = nowMs;
    const count = entry.messages.size;
    // Beyond the limit only the fact counts, not which messages they were.
    if (count >= similarLimit) entry.messages.delete(entry.messages.values().next().value as string);
    remember(this.#similar, group, entry);
    return count;
  }

  #mayWrite(key: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs);
    bucket.atMs = nowMs;
    remember(this.#buckets, key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** Sets the entry as the most recently used and forgets the oldest beyond the limit. */
export function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > longestMemory) map.delete(map.keys().next().value as string);
}

function objectText(object: ObjectReference): string {
  return `${object.apiVersion} ${object.kind} ${object.namespace}/${object.name} ${object.uid} ${object.fieldPath ?? ''}`;
}
