/**
 * What the creator of an object owns, without building a tree for each object: objects of one template have the same
 * fields, so that their sets are one and the same value.
 *
 * Each place of a type has a trie. An object is led through it by what decides about its set (names of fields, keys of
 * items), and where it arrives its set is kept:
 *
 *     {name, image, ports: [{containerPort: 80}]}   start ─name─▶ · ─image─▶ · ─ports,⟨set below⟩─▶ {'f:name','f:image','f:ports'}
 *
 * The next object of the template compares strings on its way and allocates nothing. The answer is that of
 * {@link compareObjects} with no live object; nothing is guessed from a hash.
 *
 * Invariants: 1. A set is frozen all the way down and never changes: any number of objects share it.
 * 2. There are never many more than `maxSteps` steps: beyond, all tries are forgotten and grow again.
 */
import { deepFreeze } from '#base/immutable.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import {
  emptyObject,
  isAtomic,
  isNothing,
  keysOfItems,
  pathElement,
  typeOf,
  unownedMetadata,
  unownedRoot,
} from '#api/managed-fields/compare.ts';
import { emptySet, type FieldSet, sorted } from '#api/managed-fields/field-set.ts';

type Json = Readonly<Record<string, unknown>>;

const maxSteps = 50_000;
let steps = 0;
let tries = new WeakMap<TypeSchema, Place>();

/** The fields that a create of `object` owns. Shared and frozen. Throws {@link Unownable}. */
export function createdFields(schema: TypeSchema, object: object): FieldSet {
  if (steps > maxSteps) {
    tries = new WeakMap();
    steps = 0;
  }
  let root = tries.get(schema);
  if (root === undefined) tries.set(schema, (root = new Place(schema, emptyObject(schema), 'root')));
  return setOf(fieldsStep(root, object as Json));
}

/** Where in a type a value stands, and what is there before anything was set (see emptyObject); undefined: nothing. */
class Place {
  readonly type: TypeSchema | undefined;
  readonly before: unknown;
  readonly part: 'root' | 'metadata' | 'other';
  readonly start: Step;
  readonly isLeaf: boolean;
  /** Of a list of maps, in order; empty for a list that is a set. */
  readonly keys: readonly string[];
  #items: Place | undefined;
  /** Of a map, whatever the key. */
  #values: Place | undefined;

  constructor(type: TypeSchema | undefined, before: unknown, part: Place['part']) {
    this.type = type;
    this.before = before;
    this.part = part;
    this.start = new Step(undefined, undefined, '', undefined);
    this.start.place = this;
    this.isLeaf = isAtomic(type);
    this.keys = type === undefined || type.kind !== 'list' ? [] : keysOfItems(type);
  }

  get items(): Place {
    this.#items ??= new Place(this.type?.items, undefined, 'other');
    return this.#items;
  }

  /** Undefined: a field that nobody owns. */
  field(name: string): Place | undefined {
    const { type, before, part } = this;
    if (part === 'root' && unownedRoot.has(name)) return undefined;
    if (part === 'metadata' && unownedMetadata.has(name)) return undefined;
    // What a struct does not know counts only where there was something to compare it with.
    if (before === undefined && type?.kind === 'struct' && !type.fields.has(name)) return undefined;
    const known = before !== undefined && before !== null && Object.hasOwn(before, name);
    const value = known ? (before as Json)[name] : undefined;
    if (!known && type?.kind === 'map') return (this.#values ??= new Place(typeOf(type, name), undefined, 'other'));
    const isMetadata = part === 'root' && name === 'metadata';
    return new Place(
      typeOf(type as TypeSchema, name),
      isMetadata ? owned(value) : value,
      isMetadata ? 'metadata' : 'other',
    );
  }
}

function owned(metadata: unknown): Json {
  const result: Record<string, unknown> = {};
  for (const name in metadata as Json) if (!unownedMetadata.has(name)) result[name] = (metadata as Json)[name];
  return result;
}

/** A point on the way: what was met so far. */
class Step {
  readonly from: Step | undefined;
  /** What led here: a name, a key's value, or the step at which the value below arrived. */
  readonly by: unknown;
  /** With `below`: the element that this step adds to the set. */
  readonly element: string;
  readonly below: Step | undefined;
  /** Of the first step of a place, and of one that a field's name led to. */
  place: Place | undefined;
  set: FieldSet | undefined;
  /** The last way that was taken: the next object most likely takes it, too. */
  last: Step | undefined;
  #others: Map<unknown, Step> | undefined;

  constructor(from: Step | undefined, by: unknown, element: string, below: Step | undefined) {
    this.from = from;
    this.by = by;
    this.element = element;
    this.below = below;
    steps++;
  }

  next(by: unknown): Step | undefined {
    const { last } = this;
    if (last !== undefined && last.by === by) return last;
    const next = this.#others?.get(by);
    if (next !== undefined) this.last = next;
    return next;
  }

  add(by: unknown, element: string, below?: Step): Step {
    const next = new Step(this, by, element, below);
    if (this.last !== undefined) {
      this.#others ??= new Map([[this.last.by, this.last]]);
      this.#others.set(by, next);
    }
    this.last = next;
    return next;
  }
}

/** Where every value arrives that is owned as a whole. */
const leaf = new Step(undefined, undefined, '', undefined);
leaf.set = emptySet;

/** Undefined: nothing that is not there before. */
function valueStep(place: Place, value: unknown): Step | undefined {
  const { before } = place;
  if (value === undefined || value === before) return undefined;
  if (before === undefined) {
    if (typeof value !== 'object' || place.isLeaf || isNothing(value)) return leaf;
    return place.type?.kind === 'list' ? itemsStep(place, value) : fieldsStep(place, value as Json);
  }
  if (place.isLeaf || (isNothing(before) && isNothing(value))) return jsonEqual(before, value) ? undefined : leaf;
  const step = place.type?.kind === 'list' ? itemsStep(place, value) : fieldsStep(place, (value ?? {}) as Json);
  return step === place.start ? undefined : step;
}

function fieldsStep(place: Place, value: Json): Step {
  let step = place.start;
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    const way = step.next(name) ?? toField(place, step, name);
    if (way.place === undefined) continue;
    const below = valueStep(way.place, item);
    if (below !== undefined) step = way.next(below) ?? way.add(below, `f:${name}`, below);
  }
  return step;
}

function toField(place: Place, step: Step, name: string): Step {
  const way = step.add(name, '');
  // The tries below a field are the same wherever in its struct the field comes.
  way.place = step === place.start ? place.field(name) : fieldOf(place, name);
  return way;
}

function fieldOf(place: Place, name: string): Place | undefined {
  return (place.start.next(name) ?? toField(place, place.start, name)).place;
}

function itemsStep(place: Place, value: unknown): Step {
  let step = place.start;
  if (!Array.isArray(value)) return step;
  for (const item of value as unknown[]) {
    let way = step;
    if (place.keys.length === 0) way = step.next(item) ?? step.add(item, '');
    for (const key of place.keys) {
      const part = (item as Json | null)?.[key];
      way = way.next(part) ?? way.add(part, '');
    }
    const below = valueStep(place.items, item) ?? leaf;
    step = way.next(below) ?? way.add(below, pathElement(place.type as TypeSchema, item), below);
  }
  return step;
}

/** Built when the first object arrives at a step. */
function setOf(end: Step): FieldSet {
  if (end.set !== undefined) return end.set;
  const added: Step[] = [];
  let at = end;
  for (; at.from !== undefined; at = at.from) if (at.below !== undefined) added.push(at);
  const { before, part } = at.place as Place;
  const node: Record<string, FieldSet> = before === undefined ? { '.': emptySet } : {};
  for (const { element, below } of added.reverse()) {
    // Items with the same keys are owned as one value.
    node[element] = Object.hasOwn(node, element) ? emptySet : setOf(below as Step);
  }
  if (part === 'root') withoutSelf(node);
  end.set = deepFreeze(sorted(node));
  return end.set;
}

/** `metadata` itself belongs to nobody. */
function withoutSelf(node: Record<string, FieldSet>): void {
  for (const _element in node['f:metadata'] ?? {}) return;
  delete node['f:metadata'];
}
