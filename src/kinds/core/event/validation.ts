/** Rules of events: mild for the core group, strict for what comes through events.k8s.io. */
import type { Event } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Subdomain, isQualifiedName, utf8Length } from '#api/meta/names.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { fieldIsImmutable } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { printedObjectReference } from '#kinds/internal-print.ts';

type CoreEvent = DeepReadonly<Event>;

/** What both groups ask for; `controllerField` is what the request's group calls the reporting controller. */
export function validateEvent(object: CoreEvent, controllerField: string): FieldError[] {
  const namespace = object.metadata.namespace ?? '';
  const errors = isSet(object.eventTime) ? validateNew(object, controllerField) : validateOld(object);
  for (const message of isDNS1123Subdomain(namespace)) errors.push(fieldError.invalid('namespace', namespace, message));
  return errors;
}

function isSet(time: string | null | undefined): boolean {
  return time !== undefined && time !== null && time !== '';
}

function namespaceMismatch(object: CoreEvent): FieldError {
  const namespace = object.involvedObject?.namespace ?? '';
  return fieldError.invalid('involvedObject.namespace', namespace, 'does not match event.namespace');
}

/** Events without eventTime. */
function validateOld(object: CoreEvent): FieldError[] {
  const namespace = object.metadata.namespace ?? '';
  const involved = object.involvedObject?.namespace ?? '';
  if (involved === '') return namespace === '' || namespace === 'default' ? [] : [namespaceMismatch(object)];
  return namespace === involved ? [] : [namespaceMismatch(object)];
}

function validateNew(object: CoreEvent, controllerField: string): FieldError[] {
  const errors: FieldError[] = [];
  const namespace = object.metadata.namespace ?? '';
  if ((object.involvedObject?.namespace ?? '') === '' && namespace !== 'default' && namespace !== 'kube-system')
    errors.push(namespaceMismatch(object));
  const controller = object.reportingComponent ?? '';
  if (controller === '') errors.push(fieldError.required(controllerField));
  for (const message of isQualifiedName(controller))
    errors.push(fieldError.invalid(controllerField, controller, message));
  const limited = (field: string, value: string, limit: number): void => {
    if (utf8Length(value) > limit) errors.push(fieldError.invalid(field, '', `can have at most ${limit} characters`));
  };
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    const value = object[field] ?? '';
    if (value === '') errors.push(fieldError.required(field));
    limited(field, value, 128);
  }
  limited('message', object.message ?? '', 1024);
  return errors;
}

/** What only events.k8s.io asks for when an event is created. */
export function validateStrictly(object: CoreEvent): FieldError[] {
  const errors = validateSeries(object);
  if (!isSet(object.eventTime)) errors.push(fieldError.required('eventTime'));
  if (object.type !== 'Normal' && object.type !== 'Warning')
    errors.push(fieldError.invalid('type', '', `has invalid value: ${object.type ?? ''}`));
  const unset = (field: string, isUsed: boolean): void => {
    if (isUsed) errors.push(fieldError.invalid(field, '', 'needs to be unset'));
  };
  unset('firstTimestamp', isSet(object.firstTimestamp));
  unset('lastTimestamp', isSet(object.lastTimestamp));
  unset('count', (object.count ?? 0) !== 0);
  unset('source', (object.source?.component ?? '') !== '' || (object.source?.host ?? '') !== '');
  return errors;
}

function validateSeries({ series }: CoreEvent): FieldError[] {
  const errors: FieldError[] = [];
  if (series === undefined) return errors;
  if ((series.count ?? 0) < 2) errors.push(fieldError.invalid('series.count', '', 'should be at least 2'));
  if (!isSet(series.lastObservedTime)) errors.push(fieldError.required('series.lastObservedTime'));
  return errors;
}

/** An update through events.k8s.io may only change the series. */
export function validateStrictUpdate(object: CoreEvent, old: CoreEvent): FieldError[] {
  const isSeriesSame = semanticEqual(object.series, old.series);
  const errors = isSeriesSame ? [] : validateSeries(object);
  const fields = [
    'involvedObject',
    'reason',
    'message',
    'source',
    'firstTimestamp',
    'lastTimestamp',
    'count',
    'reason',
    'type',
    'eventTime',
    'action',
    'related',
    'reportingController',
    'reportingInstance',
  ] as const;
  for (const field of fields) {
    const name = field === 'reportingController' ? 'reportingComponent' : field;
    if (!semanticEqual(object[name], old[name]))
      errors.push(fieldError.invalid(field, printed(object, name), fieldIsImmutable));
  }
  return errors;
}

function printed(object: CoreEvent, field: keyof CoreEvent): unknown {
  if (field === 'involvedObject' || field === 'related') return printedObjectReference(object[field]);
  if (field === 'source') return { Component: object.source?.component ?? '', Host: object.source?.host ?? '' };
  if (field === 'count') return object.count ?? 0;
  const isText = ['reason', 'message', 'type', 'action', 'reportingComponent', 'reportingInstance'].includes(field);
  return object[field] ?? (isText ? '' : null);
}
