/**
 * Watch frames: `{"type":"MODIFIED","object":{…}}` and a newline, made of stored bytes. All watchers that want the same
 * form share one framer, and thereby the frame of each event.
 */
import type { Clock } from '#base/clock.ts';
import type { KubeObject } from '#api/object.ts';
import type { StatusError } from '#api/status.ts';
import type { StoreEvent, Version } from '#storage/version.ts';
import { partialPrefix, tableText, type View } from '#apiserver/registry/answer.ts';
import { type Endpoint, servedBytes, servedObject } from '#apiserver/registry/endpoint.ts';
import { bytesAt, metadataBytes } from '#apiserver/registry/stored-json.ts';
import { protobufWatchFrame } from '#apiserver/protobuf-answer.ts';

/** GONE: still there, but no longer selected; sent as DELETED with the content it had. */
export type FrameType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'GONE';

export interface Framer {
  /** Tells forms apart in the memo of an event. */
  readonly key: string;
  /** The frame of a live event; made at its first call. */
  event(event: StoreEvent, type: FrameType): Uint8Array;
  /** An object of the initial state. */
  added(version: Version): Uint8Array;
  bookmark(revision: number, isInitialEnd: boolean): Uint8Array;
  error(error: StatusError): Uint8Array;
  /** The form of all events but the first: Tables leave out their columns. */
  readonly next: Framer;
}

const encoder = new TextEncoder();
const framers = new WeakMap<Endpoint, Map<string, Framer>>();

/** The framer of a form; shared. */
export function framerOf(view: View, clock: Clock): Framer {
  const { format, convert } = view.accepted;
  const key = `${format}/${convert?.kind ?? ''}/${convert?.version ?? ''}/${view.includes}`;
  let known = framers.get(view.endpoint);
  if (known === undefined) framers.set(view.endpoint, (known = new Map()));
  let framer = known.get(key);
  if (framer === undefined) {
    framer = view.accepted.format === 'protobuf' ? protobufFramer(view, key) : jsonFramer(view, key, clock);
    known.set(key, framer);
  }
  return framer;
}

function jsonFramer(view: View, key: string, clock: Clock): Framer {
  switch (view.accepted.convert?.kind) {
    case undefined:
      return new JsonFramer(key, view, (endpoint, version) => servedBytes(endpoint, version));
    case 'Table':
      return tableFramer(view, key, clock);
    default: {
      const prefix = partialPrefix(view);
      return new JsonFramer(key, view, (endpoint, version) => joined(prefix, metadataBytes(endpoint, version), '}'));
    }
  }
}

/** The first frame of a Table watch has the columns, later ones have not. */
function tableFramer(view: View, key: string, clock: Clock): Framer {
  const make = (withColumns: boolean) => (endpoint: Endpoint, version: Version) => {
    const now = { ...view, nowMs: clock.now() };
    return encoder.encode(tableText(now, { object: servedObject(endpoint, version), version }, withColumns));
  };
  return new JsonFramer(`${key}/first`, view, make(true), new JsonFramer(key, view, make(false)));
}

type Render = (endpoint: Endpoint, version: Version) => Uint8Array;

/** Invariant: a frame, once made, is never changed: it is shared by all watchers of its form. */
class JsonFramer implements Framer {
  readonly key: string;
  readonly next: Framer;
  readonly #view: View;
  readonly #render: Render;
  /** The frame asked for last: one event is asked for by all watchers in a row. */
  #last: { readonly event: StoreEvent; readonly type: FrameType; readonly frame: Uint8Array } | undefined;

  constructor(key: string, view: View, render: Render, next?: Framer) {
    this.key = key;
    this.#view = view;
    this.#render = render;
    this.next = next ?? this;
  }

  event(event: StoreEvent, type: FrameType): Uint8Array {
    const last = this.#last;
    if (last !== undefined && last.event === event && last.type === type) return last.frame;
    const key = this.key + type;
    let frame = event.memo.get(key) as Uint8Array | undefined;
    if (frame === undefined) {
      frame = this.#make(event, type);
      event.memo.set(key, frame);
    }
    this.#last = { event, type, frame };
    return frame;
  }

  #make(event: StoreEvent, type: FrameType): Uint8Array {
    const { endpoint } = this.#view;
    if (type !== 'GONE' || event.previous === undefined) return frameOf(type, this.#render(endpoint, event.version));
    if (this.#view.accepted.convert === undefined)
      return frameOf('DELETED', bytesAt(endpoint, event.previous, event.revision));
    return frameOf('DELETED', this.#render(endpoint, laterVersion(event.previous, event.revision, endpoint)));
  }

  added(version: Version): Uint8Array {
    return frameOf('ADDED', this.#render(this.#view.endpoint, version));
  }

  bookmark(revision: number, isInitialEnd: boolean): Uint8Array {
    return encoder.encode(`{"type":"BOOKMARK","object":${this.#bookmarkText(revision, isInitialEnd)}}\n`);
  }

  #bookmarkText(revision: number, isInitialEnd: boolean): string {
    const { endpoint, accepted } = this.#view;
    const object = bookmarkObject(endpoint, revision, isInitialEnd);
    if (accepted.convert === undefined) return JSON.stringify(object);
    if (accepted.convert.kind !== 'Table') return `${partialPrefix(this.#view)}${JSON.stringify(object.metadata)}}`;
    return tableText(this.#view, { object }, this.next !== this);
  }

  error(error: StatusError): Uint8Array {
    return encoder.encode(`{"type":"ERROR","object":${JSON.stringify(error.toStatus())}}\n`);
  }
}

/** A version as of a later event, for the forms that are not stored bytes. */
function laterVersion(version: Version, revision: number, endpoint: Endpoint): Version {
  const bytes = bytesAt(endpoint, version, revision);
  const object = { ...version.object, metadata: { ...version.object.metadata, resourceVersion: String(revision) } };
  return { revision, bytes, head: version.head, object, memo: { metadataEnd: undefined, row: undefined } };
}

export function bookmarkObject(endpoint: Endpoint, revision: number, isInitialEnd: boolean): KubeObject {
  return {
    kind: endpoint.resource.kind,
    apiVersion: endpoint.apiVersion,
    metadata: {
      resourceVersion: String(revision),
      ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  };
}

const heads = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
  GONE: encoder.encode('{"type":"DELETED","object":'),
};

function frameOf(type: FrameType, object: Uint8Array): Uint8Array {
  const head = heads[type];
  const frame = new Uint8Array(head.length + object.length + 2);
  frame.set(head);
  frame.set(object, head.length);
  frame[frame.length - 2] = 0x7d;
  frame[frame.length - 1] = 0x0a;
  return frame;
}

function joined(before: string, bytes: Uint8Array, after: string): Uint8Array {
  const head = encoder.encode(before);
  const result = new Uint8Array(head.length + bytes.length + after.length);
  result.set(head);
  result.set(bytes, head.length);
  for (let i = 0; i < after.length; i++) result[head.length + bytes.length + i] = after.charCodeAt(i);
  return result;
}

/** Frames in protobuf: a length and a WatchEvent each, for clients that take nothing else. */
function protobufFramer(view: View, key: string): Framer {
  const { endpoint } = view;
  const objectOf = (version: Version): object => {
    const object = servedObject(endpoint, version);
    if (view.accepted.convert === undefined) return object;
    return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
  };
  const framer: Framer = {
    key,
    event(event, type) {
      const isGone = type === 'GONE' && event.previous !== undefined;
      const version = isGone ? laterVersion(event.previous as Version, event.revision, endpoint) : event.version;
      const memoKey = key + type;
      let frame = event.memo.get(memoKey) as Uint8Array | undefined;
      if (frame === undefined) {
        frame = protobufWatchFrame(isGone ? 'DELETED' : type, objectOf(version));
        event.memo.set(memoKey, frame);
      }
      return frame;
    },
    added: (version) => protobufWatchFrame('ADDED', objectOf(version)),
    bookmark: (revision, isInitialEnd) =>
      protobufWatchFrame('BOOKMARK', bookmarkObject(endpoint, revision, isInitialEnd)),
    error: (error) => protobufWatchFrame('ERROR', error.toStatus()),
    get next() {
      return framer;
    },
  };
  return framer;
}
