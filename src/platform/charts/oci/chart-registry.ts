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
    headers: { accept: `${mediaTypes.manifest}, ${mediaTypes.index}, */*` },
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
  const { repository, tag, digest: wanted } = reference;
  const found = await resolveManifest(client, reference);
  const answer = await client.request({
    method: 'GET',
    path: `/v2/${repository}/manifests/${found.digest || tag}`,
    headers: { accept: found.mediaType || mediaTypes.manifest },
    maxBytes: maxMetadataBytes,
    scope: `repository:${repository}:pull`,
  });
  if (answer.status !== 200) throw responseError('GET', answer);
  const digest = await digestOf(answer.body);
  const expected = wanted || found.digest;
  if (expected !== '' && expected !== digest)
    throw new ChartError(`${referenceText(reference)}: mismatched digest: ${digest} != ${expected}`);
  const manifest = decodeManifest(decoder.decode(answer.body));
  if (manifest === undefined || manifest.config.mediaType !== mediaTypes.config)
    throw new ChartError(`could not load config with mediatype ${mediaTypes.config}`);
  const config = await pullBlob(client, repository, manifest.config);
  return { manifest, config, digest, reference: referenceText(reference) };
}

/** The layer of a chart's part. Throws {@link ChartError} if the manifest has none. */
export function layerOf({ layers }: ChartManifest, part: 'chart' | 'provenance'): Descriptor {
  const found =
    layers.findLast(({ mediaType }) => mediaType === mediaTypes[part]) ??
    (part === 'chart' ? layers.findLast(({ mediaType }) => mediaType === mediaTypes.legacyChart) : undefined);
  if (found !== undefined) return found;
  throw new ChartError('manifest does not contain minimum number of descriptors (2), descriptors found: 1');
}

/** Fetches a part and checks its size and digest. Rejects with {@link ChartError}. */
export async function pullBlob(
  client: RegistryClient,
  repository: string,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  const answer = await client.request({
    method: 'GET',
    path: `/v2/${repository}/blobs/${digest}`,
    maxBytes: size,
    scope: `repository:${repository}:pull`,
  });
  if (answer.status === 404) throw new ChartError(`${digest}: not found`);
  if (answer.status !== 200) throw responseError('GET', answer);
  if (answer.body.length !== size || (await digestOf(answer.body)) !== digest)
    throw new ChartError(`mismatched digest: ${digest}`);
  return answer.body;
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
  const send = (mediaType: string, bytes: Uint8Array): Promise<Descriptor> =>
    pushBlob(client, repository, { mediaType, bytes });
  const layers = [await send(mediaTypes.chart, chart.archive)];
  if (chart.provenance !== undefined) layers.push(await send(mediaTypes.provenance, chart.provenance));
  const config = await send(mediaTypes.config, encoder.encode(encodeMetadata(chart.metadata)));
  const annotations = chartAnnotations(chart.metadata, chart.created);
  const body = encoder.encode(encodeManifest({ config, layers, annotations }));
  const answer = await client.request({
    method: 'PUT',
    path: `/v2/${repository}/manifests/${tag}`,
    headers: { 'content-type': mediaTypes.manifest },
    body,
    scope: `repository:${repository}:pull,push`,
  });
  if (answer.status !== 201) throw responseError('PUT', answer);
  return { digest: await digestOf(body), reference: referenceText(reference) };
}

async function pushBlob(
  client: RegistryClient,
  repository: string,
  { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array },
): Promise<Descriptor> {
  const scope = `repository:${repository}:pull,push`;
  const digest = await digestOf(bytes);
  const descriptor = { mediaType, digest, size: bytes.length };
  const known = await client.request({ method: 'HEAD', path: `/v2/${repository}/blobs/${digest}`, scope });
  if (known.status === 200) return descriptor;
  const start = await client.request({ method: 'POST', path: `/v2/${repository}/blobs/uploads/`, scope });
  if (start.status !== 202) throw responseError('POST', start);
  const place = new URL(start.headers['location'] ?? '', start.url);
  if (place.host !== new URL(start.url).host)
    throw new ChartError(
      `blob upload Location ${JSON.stringify(place.host)} is on a different host than the registry ${JSON.stringify(new URL(start.url).host)}`,
    );
  place.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const done = await client.request({ method: 'PUT', path: place.href, headers, body: bytes, scope });
  if (done.status !== 201) throw responseError('PUT', done);
  return descriptor;
}
