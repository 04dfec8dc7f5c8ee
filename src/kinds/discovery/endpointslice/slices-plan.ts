/**
 * Distributes a Service's endpoints over slices of at most 100. Pure. An endpoint stays in the slice it is in; new ones fill
 * slices that have room, then make new ones; so that a change of one pod changes one slice.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '#api/generated/discovery/v1.ts';
import { semanticEqual } from '#api/meta/equality.ts';

export type Slice = DeepReadonly<EndpointSlice>;
export const endpointsPerSlice = 100;

/** The endpoints that share an address type and a set of ports. */
export interface Group {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}
export interface SlicesPlan {
  readonly creates: { readonly group: Group; readonly endpoints: Endpoint[] }[];
  readonly updates: EndpointSlice[];
  readonly deletes: Slice[];
}

/** What an endpoint is recognized by: its pod. */
export function endpointId(endpoint: DeepReadonly<Endpoint>): string {
  return `${endpoint.targetRef?.uid ?? ''}/${endpoint.addresses.join()}`;
}

export function groupKey(of: { addressType?: string; ports?: readonly DeepReadonly<EndpointPort>[] }): string {
  const ports = (of.ports ?? []).map(
    (port) => `${port.name ?? ''}:${port.port}/${port.protocol}/${port.appProtocol ?? ''}`,
  );
  return `${of.addressType} ${ports.sort().join(' ')}`;
}

/** `labels` are what every slice of the Service carries. */
export function planSlices(
  groups: ReadonlyMap<string, Group>,
  existing: readonly Slice[],
  labels: Record<string, string>,
): SlicesPlan {
  const plan: SlicesPlan = { creates: [], updates: [], deletes: [] };
  const byGroup = new Map<string, Slice[]>();
  for (const slice of existing) {
    const key = groupKey(slice);
    if (groups.has(key)) byGroup.set(key, [...(byGroup.get(key) ?? []), slice]);
    else plan.deletes.push(slice);
  }
  for (const [key, group] of groups) planGroup(group, byGroup.get(key) ?? [], { labels, plan });
  return plan;
}

interface Draft {
  readonly slice: Slice;
  endpoints: Endpoint[];
  isChanged: boolean;
}

function planGroup(
  group: Group,
  slices: readonly Slice[],
  into: { labels: Record<string, string>; plan: SlicesPlan },
): void {
  const left = new Map(group.endpoints);
  const drafts = slices.map((slice) => draftOf(slice, left, into.labels));
  const added = [...left.values()];
  fill(drafts, added);
  const { plan } = into;
  for (const draft of drafts) {
    if (draft.endpoints.length === 0 && group.endpoints.size > 0) plan.deletes.push(draft.slice);
    else if (draft.isChanged) plan.updates.push(changed(draft, into.labels));
  }
  const isPlaceholderMissing = group.endpoints.size === 0 && drafts.length === 0;
  if (isPlaceholderMissing) plan.creates.push({ group, endpoints: [] });
  for (let at = 0; at < added.length; at += endpointsPerSlice) {
    plan.creates.push({ group, endpoints: added.slice(at, at + endpointsPerSlice) });
  }
}

/** What stays of a slice; takes it out of `left`. */
function draftOf(slice: Slice, left: Map<string, Endpoint>, labels: Record<string, string>): Draft {
  const endpoints: Endpoint[] = [];
  let isChanged = !semanticEqual(slice.metadata.labels, labels);
  for (const old of slice.endpoints ?? []) {
    const id = endpointId(old);
    const wanted = left.get(id);
    if (wanted === undefined) {
      isChanged = true;
      continue;
    }
    left.delete(id);
    endpoints.push(wanted);
    isChanged ||= !semanticEqual(wanted, old);
  }
  return { slice, endpoints, isChanged };
}

/** Slices that are written anyway first, then the fullest that has room for what is left. Takes from `added`. */
function fill(drafts: readonly Draft[], added: Endpoint[]): void {
  const take = (draft: Draft): void => {
    const room = endpointsPerSlice - draft.endpoints.length;
    if (room <= 0 || added.length === 0) return;
    draft.endpoints.push(...added.splice(0, room));
    draft.isChanged = true;
  };
  for (const draft of drafts) if (draft.isChanged) take(draft);
  if (added.length === 0) return;
  const fullestFirst = drafts.filter((draft) => !draft.isChanged);
  fullestFirst.sort((a, b) => b.endpoints.length - a.endpoints.length);
  const rest = added.length % endpointsPerSlice;
  const fitting = fullestFirst.find((draft) => draft.endpoints.length + rest <= endpointsPerSlice);
  if (fitting === undefined || rest === 0) return;
  fitting.endpoints.push(...added.splice(0, rest));
  fitting.isChanged = true;
}

function changed(draft: Draft, labels: Record<string, string>): EndpointSlice {
  const slice = cloneJson(draft.slice) as EndpointSlice;
  slice.metadata.labels = labels;
  slice.endpoints = draft.endpoints;
  return slice;
}
