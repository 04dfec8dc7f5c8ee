/**
 * Accept headers: which representation a client wants. `application/json;as=Table;v=v1;g=meta.k8s.io,application/json`
 * asks for a Table in JSON, and for plain JSON from a server that has no Tables.
 *
 * Deviation: protobuf is answered only to clients that accept nothing else; JSON is what is stored, so it costs nothing.
 */
import { StatusError } from '#api/status.ts';

export type Format = 'json' | 'yaml' | 'protobuf';

/** The chosen representation. */
export interface Accepted {
  readonly format: Format;
  readonly pretty: boolean;
  readonly convert?: Conversion;
}
export interface Conversion {
  readonly kind: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  readonly version: 'v1' | 'v1beta1';
}

export const mediaTypes: Readonly<Record<Format, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};
const producedTypes = Object.values(mediaTypes);
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const formats = Object.entries(mediaTypes) as [Format, string][];

const plainJson: Accepted = { format: 'json', pretty: false };
/** Clients send the same few headers again and again. */
const known = new Map<string, Accepted | StatusError>();
const knownLimit = 256;

/** What an endpoint offers: `conversions` are Tables and partial metadata, `streams` are collections (list and watch). */
export interface Offer {
  readonly conversions: boolean;
  readonly streams: boolean;
}

/** Throws NotAcceptable in upstream's words. */
export function negotiate(header: string | undefined, offer: Offer): Accepted {
  if (header === undefined || header === '' || header === 'application/json') return plainJson;
  const key = `${offer.conversions ? 'c' : ''}${offer.streams ? 's' : ''}|${header}`;
  let result = known.get(key);
  if (result === undefined) {
    result = choose(header, offer);
    if (known.size >= knownLimit) known.clear();
    known.set(key, result);
  }
  if (result instanceof StatusError) throw result;
  return result;
}

function choose(header: string, offer: Offer): Accepted | StatusError {
  const clauses = parseAccept(header);
  if (!clauses.some((clause) => isProduced(clause, offer))) return notProduced(offer);
  let protobuf: Accepted | undefined;
  for (const clause of clauses) {
    for (const [format, type] of formats) {
      if (!matches(clause, type)) continue;
      const accepted = accept(clause, format, offer);
      if (accepted === undefined) continue;
      if (format !== 'protobuf') return accepted;
      protobuf ??= accepted;
    }
  }
  return protobuf ?? notAcceptable(producedTypes);
}

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Clauses by falling quality, wildcards last among equals. */
function parseAccept(header: string): Clause[] {
  return header
    .split(',')
    .map(parseClause)
    .sort((a, b) => b.quality - a.quality || wildcards(a) - wildcards(b));
}

function wildcards(clause: Clause): number {
  return clause.type === '*/*' ? 2 : clause.type.endsWith('/*') ? 1 : 0;
}

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const quality = Number(parameters.get('q') ?? '1');
  parameters.delete('q');
  return { type, parameters, quality: Number.isFinite(quality) ? quality : 1 };
}

function isProduced(clause: Clause, offer: Offer): boolean {
  return clause.type === '*/*' || producedTypes.includes(clause.type) || (offer.streams && clause.type.includes(';'));
}

function matches(clause: Clause, type: string): boolean {
  return clause.type === type || clause.type === '*/*' || clause.type === 'application/*';
}

function accept(clause: Clause, format: Format, offer: Offer): Accepted | undefined {
  const { parameters } = clause;
  const stream = parameters.get('stream') ?? '';
  if (stream !== '' && (stream !== 'watch' || format === 'yaml')) return undefined;
  const serverVersion = parameters.get('sv') ?? '';
  if (serverVersion !== '' && serverVersion !== 'v1') return undefined;
  const pretty = parameters.get('pretty') === '1';
  const kind = parameters.get('as');
  const group = parameters.get('g');
  const version = parameters.get('v');
  if (kind === undefined && group === undefined && version === undefined) return { format, pretty };
  const convert = conversion(kind, group, version);
  if (convert === undefined || !offer.conversions) return undefined;
  if (convert.kind === 'Table' && format === 'protobuf') return undefined;
  return { format, pretty, convert };
}

function conversion(
  kind: string | undefined,
  group: string | undefined,
  version: string | undefined,
): Conversion | undefined {
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (kind !== 'Table' && kind !== 'PartialObjectMetadata' && kind !== 'PartialObjectMetadataList') return undefined;
  return { kind, version };
}

/** No clause names a type the route produces at all: the router's text. */
function notProduced(offer: Offer): StatusError {
  const types = offer.streams ? [...producedTypes, ...streamTypes] : producedTypes;
  const message = `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`;
  return new StatusError(406, 'NotAcceptable', message, {});
}

/** The types are known, but not in the form asked for. */
export function notAcceptable(types: readonly string[] = producedTypes): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);
}

/** Content-Type of a request's body. Throws UnsupportedMediaType. */
export function bodyFormat(contentType: string | undefined): Format {
  if (contentType === undefined || contentType === '') return 'json';
  const type = (contentType.split(';')[0] as string).trim().toLowerCase();
  const found = formats.find(([, mediaType]) => mediaType === type);
  if (found === undefined) throw unsupportedMediaType(producedTypes);
  return found[0];
}

export function unsupportedMediaType(types: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}
