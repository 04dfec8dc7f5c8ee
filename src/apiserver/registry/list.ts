/**
 * Lists: the envelope, then stored bytes. Short ones are one buffer; long ones are written in chunks while the client
 * reads, in slices of a few milliseconds, off an immutable root: writes that come meanwhile do not show.
 */
import type { Clock } from '#base/clock.ts';
import type { ApiRequest, ApiResponse } from '#api/handler.ts';
import { badRequest } from '#api/status.ts';
import { Compacted } from '#storage/errors.ts';
import type { Root } from '#storage/collection.ts';
import type { Version } from '#storage/version.ts';
import { mediaTypes } from '#apiserver/accept.ts';
import { bytesResponse } from '#apiserver/negotiate.ts';
import { goType, type View, wrongForm } from '#apiserver/registry/answer.ts';
import {
  type Continuation,
  continueExpired,
  decodeContinue,
  encodeContinue,
} from '#apiserver/registry/continue-token.ts';
import type { Core } from '#apiserver/registry/core.ts';
import { collectionOf } from '#apiserver/registry/endpoint.ts';
import { listError, tooLarge } from '#apiserver/registry/errors.ts';
import { JsonWriter } from '#apiserver/registry/json-writer.ts';
import { isSelected, type ListOptions, parseRevision, type Selection } from '#apiserver/registry/list-options.ts';
import { listFormat, type ListFormat, type ListMeta } from '#apiserver/registry/list-format.ts';
import { candidateCount, candidates, countAfter, narrowed, type Range } from '#apiserver/registry/selected.ts';

const chunkBytes = 128 * 1024;
/** Answers above this are compressed for clients that take gzip. */
const gzipBytes = 128 * 1024;
/** Answers above this are written in chunks. */
const wholeBytes = 1024 * 1024;
const sliceMs = 3;
/** Ranges up to this are answered in one piece. */
const smallCount = 256;

export interface ListRequest {
  readonly request: ApiRequest;
  readonly view: View;
  readonly options: ListOptions;
  readonly namespace: string;
}

/** Throws StatusError. */
export async function list(core: Core, asked: ListRequest): Promise<ApiResponse> {
  const { view, options, namespace } = asked;
  const { endpoint, accepted } = view;
  if (accepted.convert?.kind === 'PartialObjectMetadata')
    throw wrongForm('PartialObjectMetadata', `is a list (${goType(endpoint)}List)`);
  const isNamespaced = endpoint.resource.namespaced;
  const continuation = options.continue === '' ? undefined : decodeContinue(options.continue, namespace, isNamespaced);
  const root = rootOf(asked, continuation);
  const range = narrowed(collectionOf(endpoint), root, {
    namespace,
    isNamespaced,
    selection: options.selection,
    ...(continuation === undefined ? {} : { after: continuation.after }),
  });
  const format = listFormat(view);
  const meta: ListMeta = { resourceVersion: String(root.revision) };
  if (options.limit > 0 && options.resourceVersion !== '0') return await page(core, asked, { root, range, format });
  if (candidateCount(root, range) <= smallCount) {
    const versions: Version[] = [];
    for (const version of candidates(root, range)) if (isSelected(range.selection, version)) versions.push(version);
    return whole(core, asked, { format, versions, meta });
  }
  return streamed(core, asked, { format, meta, versions: candidates(root, range), selection: range.selection });
}

/** The state to list. Throws 410 and 504. */
function rootOf({ view, options, namespace }: ListRequest, continuation: Continuation | undefined): Root {
  const collection = collectionOf(view.endpoint);
  if (continuation !== undefined) {
    if (options.resourceVersion !== '' && options.resourceVersion !== '0')
      throw badRequest('specifying resource version is not allowed when using continue');
    return continuedRoot({ view, namespace }, continuation);
  }
  const asked = parseRevision(options.resourceVersion, (message) => badRequest(`invalid resource version: ${message}`));
  const current = collection.root();
  if (asked === 0) return current;
  const isExact =
    options.resourceVersionMatch === 'Exact' || (options.resourceVersionMatch === '' && options.limit > 0);
  if (!isExact) {
    if (asked > current.revision) throw tooLarge(asked, current.revision);
    return current;
  }
  try {
    return collection.rootAt(asked);
  } catch (error) {
    throw listError(error, asked);
  }
}

function continuedRoot({ view, namespace }: Pick<ListRequest, 'view' | 'namespace'>, continuation: Continuation): Root {
  const collection = collectionOf(view.endpoint);
  if (continuation.revision < 0) return collection.root();
  try {
    return collection.rootAt(continuation.revision);
  } catch (error) {
    if (error instanceof Compacted) throw continueExpired(continuation, namespace, view.endpoint.resource.namespaced);
    throw listError(error, continuation.revision);
  }
}

interface Scan {
  readonly root: Root;
  readonly range: Range;
  readonly format: ListFormat;
}

/** One page of a limited list. */
async function page(core: Core, asked: ListRequest, { root, range, format }: Scan): Promise<ApiResponse> {
  const { limit } = asked.options;
  const versions: Version[] = [];
  let isMore = false;
  const slice = new Slice(core.clock);
  for (const version of candidates(root, range)) {
    if (slice.isOver()) await slice.turn();
    if (!isSelected(range.selection, version)) continue;
    isMore = versions.length === limit;
    if (isMore) break;
    versions.push(version);
  }
  const last = versions.at(-1)?.head;
  const meta: ListMeta = { resourceVersion: String(root.revision) };
  if (!isMore || last === undefined) return whole(core, asked, { format, versions, meta });
  const after = { namespace: last.namespace, name: last.name };
  const token = encodeContinue({ revision: root.revision, after }, range.namespace, range.isNamespaced);
  const counted = range.selection.isEverything ? { remainingItemCount: countAfter(root, range, after) } : {};
  return whole(core, asked, { format, versions, meta: { ...meta, continue: token, ...counted } });
}

interface Whole {
  readonly format: ListFormat;
  readonly versions: readonly Version[];
  readonly meta: ListMeta;
}

function whole(core: Core, asked: ListRequest, { format, versions, meta }: Whole): ApiResponse | Promise<ApiResponse> {
  let sizeBytes = 1024;
  for (const { bytes } of versions) sizeBytes += bytes.length;
  // A large buffer of its own for each answer keeps the garbage collector busy.
  if (sizeBytes > wholeBytes) return streamed(core, asked, { format, versions, meta, selection: undefined });
  const writer = new JsonWriter(sizeBytes);
  format.open(writer, meta);
  for (let i = 0; i < versions.length; i++) format.item(writer, versions[i] as Version, i === 0);
  format.close(writer, versions.length === 0);
  const bytes = writer.take();
  if (bytes.length > gzipBytes && acceptsGzip(core, asked)) return compressed(core, asked, [bytes]);
  return bytesResponse(200, bytes, asked.view.accepted);
}

interface Streamed {
  readonly format: ListFormat;
  readonly meta: ListMeta;
  readonly versions: Iterable<Version>;
  /** Of the versions; undefined: all. */
  readonly selection: Selection | undefined;
}

/** Answers of a list that is not in the format stored, pretty or YAML, have to be whole. */
async function streamed(core: Core, asked: ListRequest, source: Streamed): Promise<ApiResponse> {
  const { accepted } = asked.view;
  const writer = new JsonWriter(chunkBytes + 32 * 1024);
  const chunks = chunksOf(core.clock, source, writer);
  if (accepted.format !== 'json' || accepted.pretty) {
    const all = new JsonWriter();
    for await (const chunk of chunks) all.bytes(chunk);
    return bytesResponse(200, all.take(), accepted);
  }
  const release = (chunk: Uint8Array): void => writer.recycle(chunk);
  if (acceptsGzip(core, asked)) return compressed(core, asked, chunks, release);
  return { status: 200, headers: { 'content-type': mediaTypes.json }, body: { kind: 'chunks', chunks, release } };
}

function acceptsGzip(core: Core, { request, view }: ListRequest): boolean {
  if (core.gzip === undefined || view.accepted.format !== 'json' || view.accepted.pretty) return false;
  return /(?:^|[\s,])gzip(?:$|[\s,;])/.test(request.headers['accept-encoding'] ?? '');
}

function compressed(
  core: Core,
  asked: ListRequest,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  release?: (chunk: Uint8Array) => void,
): ApiResponse {
  if (core.gzip === undefined) throw new Error('gzip is only used where there is one');
  const headers = {
    'content-type': mediaTypes[asked.view.accepted.format],
    'content-encoding': 'gzip',
    vary: 'Accept-Encoding',
  };
  return { status: 200, headers, body: { kind: 'chunks', chunks: core.gzip(chunks, release) } };
}

async function* chunksOf(clock: Clock, source: Streamed, writer: JsonWriter): AsyncIterable<Uint8Array> {
  const { format, meta, versions, selection } = source;
  const slice = new Slice(clock);
  format.open(writer, meta);
  let isFirst = true;
  for (const version of versions) {
    if (slice.isOver()) await slice.turn();
    if (selection !== undefined && !isSelected(selection, version)) continue;
    format.item(writer, version, isFirst);
    isFirst = false;
    if (writer.length >= chunkBytes) yield writer.take();
  }
  format.close(writer, isFirst);
  yield writer.take();
}

/** Lets others run when a scan has gone on for long enough; looks at the clock every few steps only. */
class Slice {
  readonly #clock: Clock;
  #startMs: number;
  #steps = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.monotonic();
  }

  isOver(): boolean {
    return (++this.#steps & 31) === 0 && this.#clock.monotonic() - this.#startMs > sliceMs;
  }

  async turn(): Promise<void> {
    await this.#clock.turn();
    this.#startMs = this.#clock.monotonic();
  }
}
