/** Charts in a registry: which versions there are, fetching one, sending one. */
import type { FetchResponse } from '#base/fetch.ts';
import { matchesConstraint, parseConstraint } from '#lang/semver/constraint.ts';
import type { Version } from '#lang/semver/version.ts';
import { compareVersions, isValidVersion, parseVersion, versionText } from '#lang/semver/version.ts';
import type { Metadata } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { ChartManifest, Descriptor } from '#platform/charts/oci/manifest.ts';
import { chartAnnotations, decodeManifest, encodeManifest, mediaTypes } from '#platform/charts/oci/manifest.ts';
import type { ChartReference } from '#platform/charts/oci/reference.ts';
import { referenceText } from '#platform/charts/oci/reference.ts';
import type { RegistryClient } from '#platform/charts/oci/registry-client.ts';
import { responseError } from '#platform/charts/oci/registry-client.ts';
import { encodeMetadata } from '#platform/charts/release-json.ts';

/** A chart that was fetched or sent. */
export interface RegistryChart {
  /** Of the manifest. */
  readonly digest: string;
  /** As Helm prints it. */
  readonly reference: string;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
/** Manifests and lists of tags. */
const maxMetadataBytes = 4 * 1024 * 1024;
/** Whatever a manifest says: a chart unpacks to a hundred mebibytes at most. */
const maxBlobBytes = 256 * 1024 * 1024;
const manifestTypes = `${mediaTypes.manifest}, ${mediaTypes.index}, */*`;
const strictVersion = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** `sha256:…` of bytes. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `sha256:${[...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** The versions that a repository has tags for, newest first; other tags are left out. Rejects with {@link ChartError}. */
export async function listVersions(client: RegistryClient, repository: string): Promise<string[]> {
  const versions: Version[] = [];
  let path: string | undefined = `/v2/${repository}/tags/list`;
  while (path !== undefined) {
    const answer: FetchResponse = await client.request({
      method: 'GET',
      path,
      maxBytes: maxMetadataBytes,
      scope: `repository:${repository}:pull`,
    });
    if (answer.status !== 200) throw responseError('GET', answer);
    const { tags } = JSON.parse(decoder.decode(answer.body)) as { readonly tags?: readonly string[] | null };
    for (const tag of tags ?? []) {
      const text = tag.replaceAll('_', '+');
      if (strictVersion.test(text) && isValidVersion(text)) versions.push(parseVersion(text));
    }
    path = nextPage(answer);
  }
  return versions.sort((a, b) => compareVersions(b, a)).map(versionText);
}

/** `Link: </v2/x/tags/list?last=9>; rel="next"`. */
function nextPage({ headers, url }: FetchResponse): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(headers['link'] ?? '')?.[1];
  return target === undefined ? undefined : new URL(target, url).href;
}

/** The version that is meant: that very one, else the newest in the range; empty means any release. Throws {@link ChartError}. */
export function chooseVersion(versions: readonly string[], range: string): string {
  if (range !== '' && versions.includes(range)) return range;
  let found: string | undefined;
  try {
    const constraint = parseConstraint(range === '' ? '*' : range);
    found = versions.find((version) => matchesConstraint(constraint, parseVersion(version)));
  } catch (error) {
    throw new ChartError((error as Error).message);
  }
  if (found === undefined) throw new ChartError(`Could not locate a version matching provided version string ${range}`);
  return found;
}

/** What a tag or digest stands for. Rejects with {@link ChartError}: `registry/repository:tag: not found`. */
export async function resolveManifest(client: RegistryClient, reference: ChartReference): Promise<Descriptor> {
  const { repository, tag, digest } = reference;
  const answer = await client.request({
    method: 'HEAD',
    path: `/v2/${repository}/manifests/${tag || digest}`,
    headers: { accept: manifestTypes },
    scope: `repository:${repository}:pull`,
  });
  if (answer.status === 404) throw new ChartError(`${referenceText(reference)}: not found`);
  if (answer.status !== 200) throw responseError('HEAD', answer);
  return {
    mediaType: (answer.headers['content-type'] ?? '').replace(/;.*$/, '').trim(),
    digest: answer.headers['docker-content-digest'] ?? digest,
    size: Number(answer.headers['content-length'] ?? 0),
  };
}

/** A manifest and its digest. */
export interface PulledManifest extends RegistryChart {
  readonly manifest: ChartManifest;
  /** Chart.yaml as JSON. */
  readonly config: Uint8Array;
}

/** Fetches a chart's manifest and config. Rejects with {@link ChartError}. */
export async function pullManifest(client: RegistryClient, reference: ChartReference): Promise<PulledManifest> {
  const { repository, digest: wanted } = reference;
  const body = await copying('FetchReference', 'source', () => fetchManifest(client, reference));
  const digest = await digestOf(body);
  if (wanted !== '' && wanted !== digest)
    throw new ChartError(`${referenceText(reference)}: mismatched digest: ${digest} != ${wanted}`);
  const manifest = decodeManifest(decoder.decode(body));
  if (manifest === undefined || manifest.config.mediaType !== mediaTypes.config)
    throw new ChartError(`could not load config with mediatype ${mediaTypes.config}`);
  const config = await pullBlob(client, repository, manifest.config);
  return { manifest, config, digest, reference: referenceText(reference) };
}

async function fetchManifest(client: RegistryClient, reference: ChartReference): Promise<Uint8Array> {
  const { repository, tag, digest } = reference;
  const answer = await client.request({
    method: 'GET',
    path: `/v2/${repository}/manifests/${tag || digest}`,
    headers: { accept: manifestTypes },
    maxBytes: maxMetadataBytes,
    scope: `repository:${repository}:pull`,
  });
  if (answer.status === 404) throw new ChartError(`${referenceText(reference)}: not found`);
  if (answer.status !== 200) throw responseError('GET', answer);
  return answer.body;
}

/** Says which step failed, as Helm's registry library does. */
async function copying<T>(step: string, side: 'source' | 'destination', body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw new ChartError(`failed to perform ${JSON.stringify(step)} on ${side}: ${(error as Error).message}`);
  }
}

/** The layer of a chart's part. Throws {@link ChartError} if the manifest has none. */
export function layerOf({ layers }: ChartManifest, part: 'chart' | 'provenance'): Descriptor {
  const found =
    layers.findLast(({ mediaType }) => mediaType === mediaTypes[part]) ??
    (part === 'chart' ? layers.findLast(({ mediaType }) => mediaType === mediaTypes.legacyChart) : undefined);
  if (found !== undefined) return found;
  throw new ChartError(`manifest does not contain a layer with mediatype ${mediaTypes[part]}`);
}

/** Fetches a part and checks its size and digest. Rejects with {@link ChartError}. */
export function pullBlob(
  client: RegistryClient,
  repository: string,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  return copying('Fetch', 'source', async () => {
    const answer = await client.request({
      method: 'GET',
      path: `/v2/${repository}/blobs/${digest}`,
      maxBytes: Math.min(size, maxBlobBytes),
      scope: `repository:${repository}:pull`,
    });
    if (answer.status === 404) throw new ChartError(`${digest}: not found`);
    if (answer.status !== 200) throw responseError('GET', answer);
    if (answer.body.length !== size || (await digestOf(answer.body)) !== digest)
      throw new ChartError(`mismatched digest: ${digest}`);
    return answer.body;
  });
}

/** A chart to send. */
export interface ChartToPush {
  readonly metadata: Metadata;
  readonly archive: Uint8Array;
  readonly provenance: Uint8Array | undefined;
  /** RFC 3339. */
  readonly created: string;
}

/** Sends a chart; parts that the registry has already are not sent again. Rejects with {@link ChartError}. */
export async function pushChart(
  client: RegistryClient,
  reference: ChartReference,
  chart: ChartToPush,
): Promise<RegistryChart> {
  const { repository, tag } = reference;
  const parts = [await partOf(mediaTypes.chart, chart.archive)];
  if (chart.provenance !== undefined) parts.push(await partOf(mediaTypes.provenance, chart.provenance));
  const config = await partOf(mediaTypes.config, encoder.encode(encodeMetadata(chart.metadata)));
  const annotations = chartAnnotations(chart.metadata, chart.created);
  const layers = parts.map(({ descriptor }) => descriptor);
  const manifest = await partOf(
    mediaTypes.manifest,
    encoder.encode(encodeManifest({ config: config.descriptor, layers, annotations })),
  );
  const { digest } = manifest.descriptor;
  if (!(await isThere(client, repository, `manifests/${digest}`)))
    for (const part of [config, ...parts]) await pushPart(client, repository, part);
  await copying('Push', 'destination', () => pushManifest(client, { repository, tag }, manifest));
  return { digest, reference: referenceText(reference) };
}

interface Part {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

async function partOf(mediaType: string, bytes: Uint8Array): Promise<Part> {
  return { descriptor: { mediaType, digest: await digestOf(bytes), size: bytes.length }, bytes };
}

function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

function isThere(client: RegistryClient, repository: string, place: string): Promise<boolean> {
  return copying('Exists', 'destination', async () => {
    const answer = await client.request({
      method: 'HEAD',
      path: `/v2/${repository}/${place}`,
      headers: place.startsWith('manifests/') ? { accept: mediaTypes.manifest } : {},
      scope: pushScope(repository),
    });
    if (answer.status !== 200 && answer.status !== 404) throw responseError('HEAD', answer);
    return answer.status === 200;
  });
}

async function pushPart(client: RegistryClient, repository: string, part: Part): Promise<void> {
  if (await isThere(client, repository, `blobs/${part.descriptor.digest}`)) return;
  await copying('Push', 'destination', () => upload(client, repository, part));
}

async function upload(client: RegistryClient, repository: string, { descriptor, bytes }: Part): Promise<void> {
  const scope = pushScope(repository);
  const start = await client.request({ method: 'POST', path: `/v2/${repository}/blobs/uploads/`, scope });
  if (start.status !== 202) throw responseError('POST', start);
  const asked = new URL(start.url);
  const place = new URL(start.headers['location'] ?? '', asked);
  const hosts = `${JSON.stringify(place.host)} is on a different host than the registry ${JSON.stringify(asked.host)}`;
  if (place.host !== asked.host) throw new ChartError(`blob upload Location ${hosts}`);
  if (client.isDowngraded || (asked.protocol === 'https:' && place.protocol !== 'https:'))
    throw new ChartError(`blob upload Location ${JSON.stringify(place.host)} downgrades scheme from https`);
  place.searchParams.set('digest', descriptor.digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const done = await client.request({ method: 'PUT', path: place.href, headers, body: bytes, scope });
  if (done.status !== 201) throw responseError('PUT', done);
}

async function pushManifest(
  client: RegistryClient,
  { repository, tag }: Pick<ChartReference, 'repository' | 'tag'>,
  { descriptor, bytes }: Part,
): Promise<void> {
  const path = `/v2/${repository}/manifests/${tag}`;
  const headers = { 'content-type': descriptor.mediaType };
  const answer = await client.request({ method: 'PUT', path, headers, body: bytes, scope: pushScope(repository) });
  if (answer.status !== 201) throw responseError('PUT', answer);
}
