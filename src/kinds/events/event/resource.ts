/**
 * Events of events.k8s.io: the core group's stored events in another shape.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import { events as coreEvents, eventsV1 } from '#api/generated/resources.ts';
import type { Event as CoreEvent } from '#api/generated/core/v1.ts';
import type { Event } from '#api/generated/events/v1.ts';
import type { Column, Resource } from '#api/resource.ts';
import type { KubeObject } from '#api/object.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { eventColumns } from '#kinds/core/event/columns.ts';
import { event as coreEvent, eventTtlMs } from '#kinds/core/event/resource.ts';
import { validateEvent, validateStrictly, validateStrictUpdate } from '#kinds/core/event/validation.ts';

export const eventsEvent: Resource<Event> = {
  ...eventsV1,
  singular: 'event',
  shortNames: ['ev'],
  schema: 'io.k8s.api.events.v1.Event',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  defaultPropagation: 'None',
  isVolatile: () => true,
  ttlMs: eventTtlMs,
  storedAs: {
    resource: coreEvents,
    toStored: (object) => toCore(object) as unknown as KubeObject,
    fromStored: (object) => fromCore(object as unknown as DeepReadonly<CoreEvent>),
  },
  validate: (object) => validateEvent(toCore(object), 'reportingController'),
  validateCreate: (object) => validateStrictly(toCore(object)),
  validateUpdate: (object, old) => validateStrictUpdate(toCore(object), toCore(old)),
  selectableFieldNames: (coreEvent.selectableFieldNames ?? []).map(toEventsName),
  selectableFields: (object) =>
    Object.fromEntries(
      Object.entries(coreEvent.selectableFields?.(toCore(object)) ?? {}).map(([name, value]) => [
        toEventsName(name),
        value,
      ]),
    ),
  columns: eventColumns.map(
    (column): Column<Event> => ({
      ...column,
      value:
        column.value.length > 1
          ? (object, nowMs) => column.value(toCore(object), nowMs)
          : (object) => column.value(toCore(object), 0),
    }),
  ),
};

/** The same field in this group's words. */
function toEventsName(name: string): string {
  if (name.startsWith('involvedObject.')) return `regarding.${name.slice('involvedObject.'.length)}`;
  return name === 'reportingComponent' ? 'reportingController' : name;
}

/** Absent fields stay absent. */
function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The stored shape of an event. */
export function toCore(object: DeepReadonly<Event>): CoreEvent {
  return present({
    kind: object.kind,
    apiVersion: object.apiVersion === undefined ? undefined : 'v1',
    metadata: object.metadata,
    involvedObject: object.regarding ?? {},
    reason: object.reason,
    message: object.note,
    source: object.deprecatedSource ?? {},
    firstTimestamp: object.deprecatedFirstTimestamp ?? null,
    lastTimestamp: object.deprecatedLastTimestamp ?? null,
    count: object.deprecatedCount,
    type: object.type,
    eventTime: object.eventTime ?? null,
    series: object.series,
    action: object.action,
    related: object.related,
    reportingComponent: object.reportingController ?? '',
    reportingInstance: object.reportingInstance ?? '',
  }) as unknown as CoreEvent;
}

/** A stored event in this group's shape. */
export function fromCore(object: DeepReadonly<CoreEvent>): Event {
  return present({
    kind: object.kind,
    apiVersion: object.apiVersion === undefined ? undefined : 'events.k8s.io/v1',
    metadata: object.metadata,
    eventTime: object.eventTime ?? null,
    series: object.series,
    reportingController: object.reportingComponent === '' ? undefined : object.reportingComponent,
    reportingInstance: object.reportingInstance === '' ? undefined : object.reportingInstance,
    action: object.action,
    reason: object.reason,
    regarding: object.involvedObject ?? {},
    related: object.related,
    note: object.message,
    type: object.type,
    deprecatedSource: object.source ?? {},
    deprecatedFirstTimestamp: object.firstTimestamp ?? null,
    deprecatedLastTimestamp: object.lastTimestamp ?? null,
    deprecatedCount: object.count,
  }) as unknown as Event;
}
