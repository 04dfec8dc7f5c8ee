/** metav1.ListOptions from a query: what list, watch and deletecollection select, and at which revision. */
import { badRequest, fieldError, type FieldError, invalid } from '#api/status.ts';
import { exactField, type FieldTerm, matchesFields, parseFieldSelector } from '#api/meta/field-selector.ts';
import { everything, type Selector, SelectorError } from '#api/meta/label-selector.ts';
import { parseLabelSelector } from '#api/meta/parse-label-selector.ts';
import type { Resource } from '#api/resource.ts';
import type { Head, Version } from '#storage/version.ts';
import { type Endpoint, servedObject } from '#apiserver/registry/endpoint.ts';
import { booleanParameter, integerParameter, type Query } from '#apiserver/registry/query.ts';

export interface ListOptions {
  readonly selection: Selection;
  readonly limit: number;
  readonly continue: string;
  /** '' if absent. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** Which objects: everything a head can answer. */
export interface Selection {
  readonly labels: Selector;
  /** Besides name and namespace. */
  readonly fields: readonly FieldTerm[];
  /** The only name, if the field selector fixes it. */
  readonly name: string | undefined;
  /** The only namespace, if the field selector fixes it. */
  readonly namespace: string | undefined;
  /** metadata.name!= and metadata.namespace!=, and contradictions of the exact ones. */
  readonly keys: readonly FieldTerm[];
  readonly isEverything: boolean;
  /** Where the fields are not those of the head: the resource is stored in another shape. */
  readonly fieldsOf?: (version: Version) => Readonly<Record<string, string>>;
}

const everythingSelected: Selection = {
  labels: everything,
  fields: [],
  name: undefined,
  namespace: undefined,
  keys: [],
  isEverything: true,
};

const plainList: ListOptions = {
  selection: everythingSelected,
  limit: 0,
  continue: '',
  resourceVersion: '',
  resourceVersionMatch: '',
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
  timeoutSeconds: undefined,
};

export function isSelected(selection: Selection, version: Version): boolean {
  if (selection.isEverything) return true;
  const { head } = version;
  if (selection.name !== undefined && head.name !== selection.name) return false;
  if (selection.namespace !== undefined && head.namespace !== selection.namespace) return false;
  if (selection.keys.length > 0 && !matchesFields(selection.keys, keyFields(head))) return false;
  if (!selection.labels.isEverything && !selection.labels.matches(head.labels)) return false;
  if (selection.fields.length === 0) return true;
  return matchesFields(selection.fields, selection.fieldsOf?.(version) ?? head.fields);
}

function keyFields(head: Head): Record<string, string> {
  return { 'metadata.name': head.name, 'metadata.namespace': head.namespace };
}

/** Throws 400 and 422 in upstream's words. `name` is that of a watch of one object by its URL. */
export function listOptions(query: Query, endpoint: Endpoint, verb: 'list' | 'watch', name = ''): ListOptions {
  if (query.size === 0 && name === '') return plainList;
  const match = query.get('resourceVersionMatch') ?? '';
  const resourceVersion = query.get('resourceVersion') ?? '';
  let sendInitialEvents = booleanParameter(query, 'sendInitialEvents');
  const labels = selectorOf(query.get('labelSelector') ?? '');
  const fields = fieldTerms(query.get('fieldSelector') ?? '');
  const limit = integerParameter(query, 'limit') ?? 0;
  const timeoutSeconds = integerParameter(query, 'timeoutSeconds');
  const token = query.get('continue') ?? '';
  const isLegacyWatch = verb === 'watch' && (resourceVersion === '' || resourceVersion === '0');
  const isDefaulted = isLegacyWatch && sendInitialEvents === undefined && match === '';
  if (isDefaulted) sendInitialEvents = true;
  else checkMatch({ verb, match, resourceVersion, token, sendInitialEvents });
  const select = (): Selection => selectionOf(labels, fields, endpoint, name);
  return {
    selection: name === '' ? sharedSelection(query, endpoint, select) : select(),
    limit,
    continue: token,
    resourceVersion,
    resourceVersionMatch: (isDefaulted ? 'NotOlderThan' : match) as ListOptions['resourceVersionMatch'],
    allowWatchBookmarks: booleanParameter(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents,
    timeoutSeconds,
  };
}

const maxShared = 256;
const shared = new WeakMap<Endpoint, Map<string, Selection>>();

/** Equal selectors of one endpoint are one selection: watchers in a row share what they see. */
function sharedSelection(query: Query, endpoint: Endpoint, make: () => Selection): Selection {
  let known = shared.get(endpoint);
  if (known === undefined) shared.set(endpoint, (known = new Map()));
  const key = `${query.get('labelSelector') ?? ''}\n${query.get('fieldSelector') ?? ''}`;
  let selection = known.get(key);
  if (selection === undefined) {
    selection = make();
    if (known.size >= maxShared) known.clear();
    known.set(key, selection);
  }
  return selection;
}

function selectorOf(text: string): Selector {
  if (text === '') return everything;
  try {
    return parseLabelSelector(text);
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

function fieldTerms(text: string): readonly FieldTerm[] {
  if (text === '') return [];
  try {
    return parseFieldSelector(text);
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

function selectionOf(labels: Selector, terms: readonly FieldTerm[], endpoint: Endpoint, urlName: string): Selection {
  const { resource, storedAs } = endpoint;
  for (const term of terms) checkFieldName(term.field, resource);
  const nameTerm = exactField(terms, 'metadata.name');
  if (urlName !== '' && terms.length > 0 && nameTerm !== urlName)
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  const keys = terms.filter((term) => term.field === 'metadata.name' || term.field === 'metadata.namespace');
  const fields = terms.filter((term) => term.field !== 'metadata.name' && term.field !== 'metadata.namespace');
  const isExact = keys.every((term) => !term.isNegated) && new Set(keys.map((term) => term.field)).size === keys.length;
  const name = urlName === '' ? nameTerm : urlName;
  const namespace = exactField(terms, 'metadata.namespace');
  return {
    labels,
    fields,
    name,
    namespace,
    keys: isExact ? [] : keys,
    ...(storedAs === undefined || fields.length === 0 ? {} : { fieldsOf: servedFields(endpoint) }),
    isEverything: labels.isEverything && terms.length === 0 && name === undefined,
  };
}

function servedFields(endpoint: Endpoint): (version: Version) => Readonly<Record<string, string>> {
  return (version) => endpoint.resource.selectableFields?.(servedObject(endpoint, version)) ?? {};
}

function checkFieldName(field: string, resource: Resource): void {
  if (field === 'metadata.name') return;
  const names = resource.selectableFieldNames;
  // Kinds without namespaces that name their fields themselves do not name this one.
  if (field === 'metadata.namespace' && (resource.namespaced || names === undefined || names.length === 0)) return;
  if (names?.includes(field) === true) return;
  if (names === undefined || names.length === 0)
    throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
  throw badRequest(`field label not supported: ${field}`);
}

interface MatchQuery {
  readonly verb: 'list' | 'watch';
  readonly match: string;
  readonly resourceVersion: string;
  readonly token: string;
  readonly sendInitialEvents: boolean | undefined;
}

function checkMatch(asked: MatchQuery): void {
  const errors = asked.verb === 'watch' ? watchErrors(asked) : listErrors(asked);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

const field = 'resourceVersionMatch';

function listErrors({ match, resourceVersion, token, sendInitialEvents }: MatchQuery): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== '') {
    if (resourceVersion === '')
      errors.push(fieldError.forbidden(field, `${field} is forbidden unless resourceVersion is provided`));
    if (token !== '') errors.push(fieldError.forbidden(field, `${field} is forbidden when continue is provided`));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(fieldError.notSupported(field, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(fieldError.forbidden(field, `${field} "exact" is forbidden for resourceVersion "0"`));
  }
  if (sendInitialEvents !== undefined)
    errors.push(fieldError.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function watchErrors({ match, token, sendInitialEvents }: MatchQuery): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(fieldError.forbidden(field, `sendInitialEvents requires setting ${field} to NotOlderThan`));
  if (match === '') return errors;
  if (sendInitialEvents === undefined)
    errors.push(fieldError.forbidden(field, `${field} is forbidden for watch unless sendInitialEvents is provided`));
  if (match !== 'NotOlderThan') errors.push(fieldError.notSupported(field, match, ['NotOlderThan']));
  if (token !== '') errors.push(fieldError.forbidden(field, `${field} is forbidden when continue is provided`));
  return errors;
}

/** A revision of a query: '' and '0' are 0. Throws upstream's words for what is not a number. */
export function parseRevision(text: string, makeError: (message: string) => Error): number {
  if (text === '' || text === '0') return 0;
  if (/^\d+$/.test(text)) return Number(text);
  throw makeError(
    `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}
