/** The columns of events, in both groups. */
import type { Event } from '#api/generated/core/v1.ts';
import type { Column } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { humanDuration } from '#base/human-duration.ts';

type CoreEvent = DeepReadonly<Event>;

export const eventColumns: readonly Column<Event>[] = [
  { name: 'Last Seen', type: 'string', value: (object, nowMs) => since(lastSeen(object), nowMs) },
  { name: 'Type', type: 'string', value: (object) => object.type ?? '' },
  { name: 'Reason', type: 'string', value: (object) => object.reason ?? '' },
  { name: 'Object', type: 'string', value: target },
  { name: 'Subobject', type: 'string', priority: 1, value: (object) => object.involvedObject?.fieldPath ?? '' },
  { name: 'Source', type: 'string', priority: 1, value: source },
  { name: 'Message', type: 'string', value: (object) => (object.message ?? '').trim() },
  { name: 'First Seen', type: 'string', priority: 1, value: (object, nowMs) => since(firstSeen(object), nowMs) },
  { name: 'Count', type: 'string', priority: 1, value: count },
  { name: 'Name', type: 'string', format: 'name', priority: 1, value: (object) => object.metadata.name ?? '' },
];

function since(time: string | null | undefined, nowMs: number): string {
  return time === undefined || time === null ? '<unknown>' : humanDuration(nowMs - Date.parse(time));
}

function firstSeen(object: CoreEvent): string | null | undefined {
  return object.firstTimestamp ?? object.eventTime;
}

function lastSeen(object: CoreEvent): string | null | undefined {
  if (object.series !== undefined) return object.series.lastObservedTime;
  return object.lastTimestamp ?? firstSeen(object);
}

function count({ series, count: counted = 0 }: CoreEvent): number {
  if (series !== undefined) return series.count ?? 0;
  return counted === 0 ? 1 : counted;
}

function target({ involvedObject = {} }: CoreEvent): string {
  const { kind = '', name = '' } = involvedObject;
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function source(object: CoreEvent): string {
  const { component = '', host = '' } = object.source ?? {};
  const who = component === '' ? (object.reportingComponent ?? '') : component;
  const where = host === '' ? (object.reportingInstance ?? '') : host;
  return where === '' ? who : `${who}, ${where}`;
}
