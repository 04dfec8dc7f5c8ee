/** A watch from its options to its frames: where it starts, its initial state, its end. */
import type { ApiRequest, ApiResponse, FrameSink } from '#api/handler.ts';
import { StatusError } from '#api/status.ts';
import { Compacted, FutureRevision } from '#storage/errors.ts';
import type { Root } from '#storage/collection.ts';
import type { StoreEvent } from '#storage/version.ts';
import { mediaTypes, notAcceptable } from '#apiserver/accept.ts';
import type { View } from '#apiserver/registry/answer.ts';
import type { Core } from '#apiserver/registry/core.ts';
import { collectionOf } from '#apiserver/registry/endpoint.ts';
import { tooLarge, tooOld } from '#apiserver/registry/errors.ts';
import { JsonWriter } from '#apiserver/registry/json-writer.ts';
import { isSelected, type ListOptions, parseRevision } from '#apiserver/registry/list-options.ts';
import { candidateCount, candidates, narrowed, type Range } from '#apiserver/registry/selected.ts';
import { framerOf } from '#apiserver/watch/framer.ts';
import type { WatchHub } from '#apiserver/watch/hub.ts';
import { Watcher } from '#apiserver/watch/watcher.ts';

/** Watches without timeoutSeconds end after this long, up to twice of it. */
const minTimeoutMs = 30 * 60_000;
const initialChunkBytes = 64 * 1024;
const smallCount = 256;
const sliceMs = 3;
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

export interface WatchRequest {
  readonly request: ApiRequest;
  readonly view: View;
  readonly options: ListOptions;
  readonly namespace: string;
  readonly hub: WatchHub;
}

/** Throws StatusError for what is wrong with the request; what goes wrong later is an ERROR event. */
export function watch(core: Core, asked: WatchRequest): ApiResponse {
  const { view, options } = asked;
  const { format } = view.accepted;
  if (format === 'yaml') throw notAcceptable(streamTypes);
  const revision = parseRevision(options.resourceVersion, (message) => new StatusError(500, '', message));
  const current = collectionOf(view.endpoint).root().revision;
  if (options.sendInitialEvents === true && revision > current) throw tooLarge(revision, current);
  const type = format === 'json' ? mediaTypes.json : `${mediaTypes[format]};stream=watch`;
  return {
    status: 200,
    headers: { 'content-type': type },
    body: { kind: 'frames', open: (sink) => start(core, asked, { sink, revision }) },
  };
}

interface Start {
  readonly sink: FrameSink;
  /** 0: now. */
  readonly revision: number;
}

function start(core: Core, asked: WatchRequest, { sink, revision }: Start): void {
  const { view, options, namespace } = asked;
  const collection = collectionOf(view.endpoint);
  const framer = framerOf(view, core.clock);
  const root = collection.root();
  const fromInitial = options.sendInitialEvents === true;
  let missed: readonly StoreEvent[] = [];
  if (!fromInitial && revision > 0) {
    try {
      missed = collection.eventsSince(revision);
    } catch (error) {
      if (error instanceof Compacted) {
        sink.write(framer.error(tooOld(revision, error.oldest)));
        sink.end();
        return;
      }
      if (!(error instanceof FutureRevision)) throw error;
    }
  }
  const known = fromInitial || revision === 0 ? root.revision : revision;
  const wantsBookmarks = options.allowWatchBookmarks;
  const namespaceOf = namespace === '' ? (options.selection.namespace ?? '') : namespace;
  const watcher = new Watcher({
    selection: options.selection,
    namespace: namespaceOf,
    framer,
    sink,
    wantsBookmarks,
    revision: known,
    onFail: (error) => {
      const stack = error instanceof Error ? error.stack : error;
      core.log.error('a watch failed by a defect of the server', { path: asked.request.path, error: stack });
    },
  });
  keep(core, asked, { watcher, sink });
  for (const event of missed) watcher.offer(event);
  if (fromInitial) sendInitial(core, asked, { watcher, sink, root });
}

/** Registers the watcher until its time is over or the client is gone. */
function keep(
  core: Core,
  { hub, options, view }: WatchRequest,
  { watcher, sink }: { watcher: Watcher; sink: FrameSink },
): void {
  const remove = hub.add(watcher);
  const { timeoutSeconds = 0 } = options;
  const timeoutMs = timeoutSeconds > 0 ? timeoutSeconds * 1000 : minTimeoutMs * (1 + core.random.next());
  const cancelTimer = core.clock.after(timeoutMs, () => {
    remove();
    if (watcher.wantsBookmarks) watcher.bookmark(collectionOf(view.endpoint).root().revision);
    sink.end();
  });
  sink.onClose(() => {
    cancelTimer();
    remove();
  });
}

interface Initial {
  readonly watcher: Watcher;
  readonly sink: FrameSink;
  readonly root: Root;
}

function sendInitial(core: Core, asked: WatchRequest, initial: Initial): void {
  const { root, watcher } = initial;
  const range = rangeOf(asked, root);
  if (candidateCount(root, range) <= smallCount) {
    for (const version of candidates(root, range)) {
      if (isSelected(range.selection, version)) watcher.send(watcher.framer.added(version));
    }
    finishInitial(asked, initial);
    return;
  }
  watcher.hold();
  let isOpen = true;
  initial.sink.onClose(() => {
    isOpen = false;
  });
  const finish = (): void => {
    if (!isOpen) return;
    finishInitial(asked, initial);
    watcher.release();
  };
  sendSlices(core, range, initial, () => isOpen)
    .then(finish)
    .catch((error: unknown) => watcher.fail(error));
}

function rangeOf({ view, options, namespace }: WatchRequest, root: Root): Range {
  const { endpoint } = view;
  const range = { namespace, isNamespaced: endpoint.resource.namespaced, selection: options.selection };
  return narrowed(collectionOf(endpoint), root, range);
}

function finishInitial({ options }: WatchRequest, { watcher, sink, root }: Initial): void {
  if (options.allowWatchBookmarks) sink.write(watcher.framer.bookmark(root.revision, true));
}

/** A long initial state, in chunks, as fast as the client reads and no longer than a slice at a time. */
async function sendSlices(core: Core, range: Range, initial: Initial, isOpen: () => boolean): Promise<void> {
  const { watcher, sink, root } = initial;
  const writer = new JsonWriter(initialChunkBytes * 2);
  let sliceStart = core.clock.monotonic();
  let { framer } = watcher;
  for (const version of candidates(root, range)) {
    if (isSelected(range.selection, version)) {
      writer.bytes(framer.added(version));
      framer = framer.next;
    }
    if (writer.length >= initialChunkBytes) {
      watcher.send(writer.take());
      await sink.drained?.();
    }
    if (core.clock.monotonic() - sliceStart > sliceMs) {
      await core.clock.turn();
      sliceStart = core.clock.monotonic();
    }
    if (!isOpen()) return;
  }
  if (writer.length > 0) watcher.send(writer.take());
}
