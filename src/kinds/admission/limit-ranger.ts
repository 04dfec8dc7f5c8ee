/** LimitRanger: defaults and bounds of what containers, pods and claims ask for. @see https://kubernetes.io/docs/concepts/policy/limit-range/ */
import type { Container, LimitRangeItem, PersistentVolumeClaim, Pod } from '#api/generated/core/v1.ts';
import { limitranges } from '#api/generated/resources.ts';
import type { AdmissionAttributes, AdmissionPlugin, HookCall } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isResource, reject } from '#kinds/admission/forbid.ts';
import { podLimits, podRequests } from '#kinds/core/pod/requests.ts';
import {
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityMillis,
  quantityOfMillis,
  quantityOfUnits,
  quantityText,
} from '#lang/quantity/quantity.ts';

type Item = DeepReadonly<LimitRangeItem>;
type Amounts = ReadonlyMap<string, Quantity>;
type List = Readonly<Record<string, string>>;

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles(operation, attributes) {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
    const isPod = isResource(attributes, '', 'pods');
    if (attributes.subresource === 'resize') return isPod && operation === 'UPDATE';
    if (attributes.subresource !== '') return false;
    return isPod ? operation === 'CREATE' : isResource(attributes, '', 'persistentvolumeclaims');
  },
  mutate(attributes, call) {
    if (!isResource(attributes, '', 'pods')) return;
    for (const { items } of ranges(attributes, call)) setDefaults(attributes.object as unknown as Pod, items);
  },
  validate(attributes, call) {
    for (const { items } of ranges(attributes, call)) {
      const problems = isResource(attributes, '', 'pods')
        ? podProblems(attributes.object as unknown as Pod, items)
        : claimProblems(attributes.object as unknown as PersistentVolumeClaim, items);
      const distinct = [...new Set(problems)];
      if (distinct.length === 0) continue;
      throw reject(attributes, distinct.length === 1 ? (distinct[0] as string) : `[${distinct.join(', ')}]`);
    }
  },
};

function* ranges({ key }: AdmissionAttributes, { reader }: HookCall): Generator<{ items: readonly Item[] }> {
  for (const { spec } of reader.list(limitranges, key.namespace)) yield { items: spec?.limits ?? [] };
}

function setDefaults(pod: Pod, items: readonly Item[]): void {
  const limits: Record<string, string> = {};
  const requests: Record<string, string> = {};
  for (const item of items) {
    if (item.type !== 'Container') continue;
    Object.assign(requests, item.defaultRequest);
    Object.assign(limits, item.default);
  }
  const notes: string[] = [];
  const lists: [string, readonly Container[]][] = [
    ['container', pod.spec?.containers ?? []],
    ['init container', pod.spec?.initContainers ?? []],
  ];
  for (const [label, containers] of lists)
    for (const container of containers) {
      fill(container, 'requests', requests, `request for ${label} ${container.name}`, notes);
      fill(container, 'limits', limits, `limit for ${label} ${container.name}`, notes);
    }
  if (notes.length === 0) return;
  pod.metadata.annotations ??= {};
  pod.metadata.annotations['kubernetes.io/limit-ranger'] = `LimitRanger plugin set: ${notes.join('; ')}`;
}

function fill(container: Container, list: 'requests' | 'limits', defaults: List, label: string, notes: string[]): void {
  const missing = Object.keys(defaults).filter((name) => container.resources?.[list]?.[name] === undefined);
  if (missing.length === 0) return;
  const resources = (container.resources ??= {});
  const present = (resources[list] ??= {});
  for (const name of missing) present[name] = defaults[name] as string;
  notes.push(`${missing.sort().join(', ')} ${label}`);
}

function podProblems({ spec }: Pod, items: readonly Item[]): string[] {
  return items.flatMap((item) => {
    if (item.type === 'Pod') return problems(item, quantitiesOf(podRequests(spec)), quantitiesOf(podLimits(spec)));
    if (item.type !== 'Container') return [];
    return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].flatMap(({ resources }) =>
      problems(item, parsed(resources?.requests), parsed(resources?.limits)),
    );
  });
}

/** Claims have no limits: both bounds are of the request. */
function claimProblems({ spec }: PersistentVolumeClaim, items: readonly Item[]): string[] {
  const requests = parsed(spec?.resources?.requests);
  return items.flatMap((item) => {
    if (item.type !== 'PersistentVolumeClaim') return [];
    const most = [...parsed(item.max)].flatMap(([name, bound]) => {
      const start = `maximum ${name} usage per ${item.type} is ${quantityText(bound)}`;
      const request = requests.get(name);
      if (request === undefined) return [`${start}.  No request is specified`];
      return exceeds(request, bound) ? [`${start}, but request is ${quantityText(request)}`] : [];
    });
    return [...least(item, requests, new Map()), ...most];
  });
}

function problems(item: Item, requests: Amounts, limits: Amounts): string[] {
  return [...least(item, requests, limits), ...most(item, requests, limits), ...ratio(item, requests, limits)];
}

const exceeds = (a: Quantity, b: Quantity): boolean => compareQuantities(a, b) > 0;

function least({ type, min }: Item, requests: Amounts, limits: Amounts): string[] {
  return [...parsed(min)].flatMap(([name, bound]) => {
    const start = `minimum ${name} usage per ${type} is ${quantityText(bound)}`;
    const [request, limit] = [requests.get(name), limits.get(name)];
    if (request === undefined) return [`${start}.  No request is specified`];
    if (exceeds(bound, request)) return [`${start}, but request is ${quantityText(request)}`];
    return limit !== undefined && exceeds(bound, limit) ? [`${start}, but limit is ${quantityText(limit)}`] : [];
  });
}

function most({ type, max }: Item, requests: Amounts, limits: Amounts): string[] {
  return [...parsed(max)].flatMap(([name, bound]) => {
    const start = `maximum ${name} usage per ${type} is ${quantityText(bound)}`;
    const [request, limit] = [requests.get(name), limits.get(name)];
    if (limit === undefined) return [`${start}.  No limit is specified`];
    if (exceeds(limit, bound)) return [`${start}, but limit is ${quantityText(limit)}`];
    return request !== undefined && exceeds(request, bound)
      ? [`${start}, but request is ${quantityText(request)}`]
      : [];
  });
}

function ratio({ type, maxLimitRequestRatio }: Item, requests: Amounts, limits: Amounts): string[] {
  return [...parsed(maxLimitRequestRatio)].flatMap(([name, bound]) => {
    const start = `${name} max limit to request ratio per ${type} is ${quantityText(bound)}`;
    const [request, limit] = [requests, limits].map((list) => list.get(name));
    const [asked, allowed] = [request, limit].map((each) => (each === undefined ? 0 : quantityMillis(each)));
    if (asked === 0 || asked === undefined) return [`${start}, but no request is specified or request is 0`];
    if (allowed === 0 || allowed === undefined) return [`${start}, but no limit is specified or limit is 0`];
    const provided = allowed / asked;
    return provided * 1000 > quantityMillis(bound) ? [`${start}, but provided ratio is ${provided.toFixed(6)}`] : [];
  });
}

function parsed(list: DeepReadonly<Record<string, string | number>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, value]) => [name, parseQuantity(value as string)]));
}

function quantitiesOf(amounts: ReadonlyMap<string, number>): Amounts {
  const quantityOf = (name: string, amount: number): Quantity =>
    name === 'cpu' ? quantityOfMillis(amount) : quantityOfUnits(amount, 'BinarySI');
  return new Map([...amounts].map(([name, amount]) => [name, quantityOf(name, amount)]));
}
