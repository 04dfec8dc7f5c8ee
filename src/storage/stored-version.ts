/**
 * How the store keeps one version: bytes with resourceVersion, the object parsed when first asked for (or the very object
 * that was written), and a head that is read off the object when first asked for.
 */
import { deepFreeze, type DeepReadonly } from '#base/immutable.ts';
import type { CollectionDefinition } from '#storage/collection.ts';
import { scanHead } from '#storage/head-scan.ts';
import type { ParsedLink, ParsedList, ParsedObjects } from '#storage/parsed-objects.ts';
import { parseSlim, sharesManagedFields, slimmed } from '#storage/slim-object.ts';
import { replaceRevision, spliceRevision, type Spliced } from '#storage/splice.ts';
import type { Head, StoredObject, Version, VersionMemo } from '#storage/version.ts';

/** What all versions of one collection share: its definition, which a CRD may bring later, and how strict the store is. */
export interface Family {
  definition: CollectionDefinition;
  /** Whether objects are frozen all the way down. */
  readonly freeze: boolean;
  /** Who bounds the memory of their objects. */
  readonly parsed: ParsedObjects;
}

const none: Readonly<Record<string, never>> = Object.freeze({});
const comma = 0x2c;
const noUids: readonly string[] = Object.freeze([]);
const encoder = new TextEncoder();

/** The JSON of an object without its resourceVersion. */
export function serialise(object: StoredObject): Uint8Array {
  if (object.metadata.resourceVersion === undefined) return encoder.encode(JSON.stringify(object));
  return encoder.encode(JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: undefined } }));
}

/** The object with resourceVersion; a copy down to metadata where that belongs to another version already. */
function withRevision(object: StoredObject, revision: number): StoredObject {
  if (Object.isFrozen(object.metadata))
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  object.metadata.resourceVersion = String(revision);
  return object;
}

/** Metadata always, so that a version's own is told from a new one. */
function freeze(object: StoredObject, family: Family): void {
  if (family.freeze) deepFreeze(object);
  else {
    Object.freeze(object.metadata);
    Object.freeze(object);
  }
}

interface Content {
  readonly revision: number;
  readonly spliced: Spliced;
  readonly object: StoredObject | undefined;
  readonly writtenAtSeconds: number;
}
/** `bytes` have no resourceVersion. `object`, if given, is what they say; it becomes the store's. */
export interface NewContent {
  readonly revision: number;
  readonly bytes: Uint8Array;
  readonly object?: StoredObject | undefined;
  readonly writtenAtSeconds?: number;
}

export class StoredVersion implements Version, ParsedLink {
  readonly revision: number;
  readonly namespace: string;
  readonly name: string;
  readonly family: Family;
  readonly bytes: Uint8Array;
  /** When it was applied, in whole seconds: a small integer takes no memory of its own. */
  writtenAtSeconds: number;
  wasRead = false;
  older: ParsedLink | undefined;
  newer: ParsedLink | undefined;
  list: ParsedList | undefined;
  readonly #digitsAt: number;
  #object: StoredObject | undefined;
  #head: StoredHead | undefined;
  #memo: VersionMemo | undefined;

  private constructor(family: Family, key: { namespace: string; name: string }, content: Content) {
    this.family = family;
    this.namespace = key.namespace;
    this.name = key.name;
    this.revision = content.revision;
    this.writtenAtSeconds = content.writtenAtSeconds;
    this.bytes = content.spliced.bytes;
    this.#digitsAt = content.spliced.digitsAt;
    this.#object = content.object;
    if (content.object !== undefined) family.parsed.written(this);
  }

  static from(family: Family, key: { namespace: string; name: string }, content: NewContent): StoredVersion {
    const { revision } = content;
    const object = content.object && withRevision(content.object, revision);
    if (object !== undefined) freeze(object, family);
    const spliced = spliceRevision(content.bytes, revision);
    return new StoredVersion(family, key, {
      revision,
      spliced,
      object,
      writtenAtSeconds: content.writtenAtSeconds ?? 0,
    });
  }

  get object(): DeepReadonly<StoredObject> {
    this.wasRead = true;
    if (this.#object !== undefined) return this.#object;
    const object = parseSlim(this.bytes, this.#secondField);
    freeze(object, this.family);
    this.#object = object;
    this.family.parsed.parsed(this);
    return object;
  }

  get head(): Head {
    this.#head ??= new StoredHead(this, this.#object?.metadata ?? this.#scannedMetadata());
    return this.#head;
  }

  get memo(): VersionMemo {
    this.#memo ??= { metadataEnd: undefined, row: undefined };
    return this.#memo;
  }

  /** Most objects of a large store are never parsed. */
  #scannedMetadata(): StoredObject['metadata'] {
    return scanHead(this.bytes, this.#secondField);
  }

  /** Behind resourceVersion, which is the first field of metadata. */
  get #secondField(): number {
    const behind = this.#digitsAt + String(this.revision).length + 1;
    return this.bytes[behind] === comma ? behind + 1 : behind;
  }

  slim(): void {
    if (this.#object === undefined) return;
    // Where everything is frozen, that tells nothing.
    if (!this.family.freeze && sharesManagedFields(this.#object)) return;
    const slim = slimmed(this.#object, this.bytes, this.#secondField);
    if (slim === this.#object) return;
    this.#object = slim;
    freeze(slim, this.family);
  }

  /** Once nobody else holds it, the object goes; the head stays. */
  forget(): void {
    if (this.#object === undefined) return;
    void this.head.fields;
    this.#object = undefined;
  }

  /** The version has been replaced: few still ask for its object. */
  forgetObject(): void {
    this.family.parsed.left(this);
    this.forget();
  }

  /** The same content at a later revision: what a DELETED event carries. */
  at(revision: number): StoredVersion {
    const spliced = replaceRevision({ bytes: this.bytes, digitsAt: this.#digitsAt }, this.revision, revision);
    const object = this.#object && withRevision(this.#object, revision);
    if (object !== undefined) freeze(object, this.family);
    return new StoredVersion(this.family, this, { revision, spliced, object, writtenAtSeconds: this.writtenAtSeconds });
  }
}

class StoredHead implements Head {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerUids: readonly string[];
  readonly #version: StoredVersion;
  #definition: CollectionDefinition | undefined;
  #fields: Readonly<Record<string, string>> = none;

  constructor(version: StoredVersion, metadata: StoredObject['metadata']) {
    this.namespace = version.namespace;
    this.name = version.name;
    this.uid = metadata.uid ?? '';
    this.labels = metadata.labels ?? none;
    this.ownerUids = metadata.ownerReferences?.map((owner) => owner.uid) ?? noUids;
    this.#version = version;
  }

  get fields(): Readonly<Record<string, string>> {
    const { definition } = this.#version.family;
    if (this.#definition !== definition) {
      this.#definition = definition;
      this.#fields = definition.selectableFields?.(this.#version.object) ?? none;
    }
    return this.#fields;
  }
}
