/**
 * Events of the core group. events.k8s.io shows the same objects in its own shape (kinds/events/event).
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import { events } from '#api/generated/resources.ts';
import type { Event } from '#api/generated/core/v1.ts';
import type { Resource } from '#api/resource.ts';
import { isPathSegmentName } from '#api/meta/names.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { eventColumns } from '#kinds/core/event/columns.ts';
import { validateEvent } from '#kinds/core/event/validation.ts';

/** How long an event is kept after its last write. */
export const eventTtlMs = 60 * 60 * 1000;

export const event: Resource<Event> = {
  ...events,
  singular: 'event',
  shortNames: ['ev'],
  schema: 'io.k8s.api.core.v1.Event',
  anyFinalizers: true,
  metadataOnUpdate: 'none',
  metadataApart: true,
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  defaultPropagation: 'None',
  isVolatile: () => true,
  ttlMs: eventTtlMs,
  validateName: isPathSegmentName,
  validate: (object) => validateEvent(object, 'reportingComponent'),
  selectableFieldNames: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  selectableFields,
  columns: eventColumns,
};

function selectableFields(object: DeepReadonly<Event>): Record<string, string> {
  const { involvedObject = {}, reportingComponent = '', source } = object;
  const component = source?.component ?? '';
  return {
    'involvedObject.kind': involvedObject.kind ?? '',
    'involvedObject.namespace': involvedObject.namespace ?? '',
    'involvedObject.name': involvedObject.name ?? '',
    'involvedObject.uid': involvedObject.uid ?? '',
    'involvedObject.apiVersion': involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': involvedObject.fieldPath ?? '',
    reason: object.reason ?? '',
    reportingComponent,
    source: component === '' ? reportingComponent : component,
    type: object.type ?? '',
  };
}
