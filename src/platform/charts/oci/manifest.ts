/**
 * A chart as an OCI artifact: Chart.yaml as JSON is the config, the archive is a layer, a .prov file another one.
 *
 * @see https://helm.sh/docs/topics/registries/#helm-chart-manifest
 */
import type { Metadata } from '#platform/charts/chart.ts';
import { goJson, goJsonString, goStruct } from '#platform/charts/go-json.ts';
import { valueOf } from '#platform/charts/values/table.ts';

/** The types of a chart's parts. */
export const mediaTypes = {
  config: 'application/vnd.cncf.helm.config.v1+json',
  chart: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  legacyChart: 'application/tar+gzip',
  provenance: 'application/vnd.cncf.helm.chart.provenance.v1.prov',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;

/** What a part is, and how it can be recognized. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:…`. */
  readonly digest: string;
  readonly size: number;
}

/** The parts of a chart in a registry. */
export interface ChartManifest {
  readonly config: Descriptor;
  /** Sorted by digest when written. */
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

const prefix = 'org.opencontainers.image.';

/** The annotations of a chart: its metadata, then its own annotations where they do not speak of name and version. */
export function chartAnnotations(metadata: Metadata, created: string): Record<string, string> {
  const known: Readonly<Record<string, string>> = {
    description: metadata.description,
    title: metadata.name,
    version: metadata.version,
    url: metadata.home,
    created,
    source: metadata.sources?.[0] ?? '',
    authors: authorsOf(metadata),
  };
  const annotations: Record<string, string> = {};
  for (const [name, value] of Object.entries(known)) if (value.trim() !== '') annotations[prefix + name] = value;
  for (const [name, value] of Object.entries(metadata.annotations ?? {}))
    if (name !== `${prefix}version` && name !== `${prefix}title`) annotations[name] = value;
  return annotations;
}

function authorsOf({ maintainers }: Metadata): string {
  return (maintainers ?? []).map(({ name, email }) => `${name}${email && ` (${email})`}`).join(', ');
}

/** The manifest's JSON, as Go writes it. */
export function encodeManifest({ config, layers, annotations }: ChartManifest): string {
  const sorted = [...layers].sort((a, b) => (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0));
  return goStruct([
    ['schemaVersion', '2'],
    ['config', encodeDescriptor(config)],
    ['layers', `[${sorted.map(encodeDescriptor).join(',')}]`],
    ['annotations', Object.keys(annotations).length === 0 ? undefined : goJson(valueOf(annotations))],
  ]);
}

function encodeDescriptor({ mediaType, digest, size }: Descriptor): string {
  return goStruct([
    ['mediaType', goJsonString(mediaType)],
    ['digest', goJsonString(digest)],
    ['size', String(size)],
  ]);
}

/** Reads a manifest; undefined if the text is none. */
export function decodeManifest(text: string): ChartManifest | undefined {
  try {
    const { config, layers, annotations } = JSON.parse(text) as Partial<ChartManifest>;
    if (!isDescriptor(config) || !Array.isArray(layers)) return undefined;
    return { config, layers: layers.filter(isDescriptor), annotations: annotations ?? {} };
  } catch {
    return undefined;
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Partial<Descriptor>;
  return typeof mediaType === 'string' && typeof digest === 'string' && typeof size === 'number';
}
