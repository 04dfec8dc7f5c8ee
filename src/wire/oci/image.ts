/**
 * An OCI image as a list of files (an image layout): one gzip layer, a config, a manifest and an index. Pure: the caller
 * makes the layer's bytes and hashes (host/images), this module only says which blobs an image consists of.
 *
 *   const image = ociImage({ name: 'docker.io/library/hello:1', layer, diffId, config: { Cmd: ['/bin/hello'] } }, sha256);
 *   // image.files: oci-layout, index.json, blobs/sha256/…
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export interface OciImageSpec {
  /** Fully qualified: `docker.io/library/hello:1`, `localhost/pause:1`. */
  readonly name: string;
  /** The gzipped tar. */
  readonly layer: Uint8Array;
  /** `sha256:…` of the tar before compression. */
  readonly diffId: string;
  readonly architecture: string;
  readonly config: OciConfig;
}
/** The execution part of an image's config, in the spec's own field names. */
export interface OciConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}
export interface OciFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const mediaTypes = {
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
} as const;

/** `sha256` answers lower-case hex. The manifest's digest is the image's identity: the same input gives the same digest. */
export function ociImage(
  spec: OciImageSpec,
  sha256: (bytes: Uint8Array) => string,
): { files: OciFile[]; digest: string } {
  const encoder = new TextEncoder();
  const json = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));
  const files: OciFile[] = [{ path: 'oci-layout', bytes: json({ imageLayoutVersion: '1.0.0' }) }];
  const blob = (mediaType: string, bytes: Uint8Array): { mediaType: string; digest: string; size: number } => {
    const hash = sha256(bytes);
    files.push({ path: `blobs/sha256/${hash}`, bytes });
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const layer = blob(mediaTypes.layer, spec.layer);
  const config = blob(
    mediaTypes.config,
    json({
      architecture: spec.architecture,
      os: 'linux',
      config: spec.config,
      rootfs: { type: 'layers', diff_ids: [spec.diffId] },
      history: [{ created_by: 'wheelhouse image build' }],
    }),
  );
  const manifest = blob(
    mediaTypes.manifest,
    json({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] }),
  );
  const annotations = { 'io.containerd.image.name': spec.name, 'org.opencontainers.image.ref.name': spec.name };
  files.push({ path: 'index.json', bytes: json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }) });
  return { files, digest: manifest.digest };
}

/** `hello` → `docker.io/library/hello:latest`: how container runtimes complete a short reference. */
export function normalizeReference(reference: string): string {
  const [head = '', digest] = reference.split('@', 2);
  const slash = head.indexOf('/');
  const first = slash < 0 ? '' : head.slice(0, slash);
  const hasHost = first !== '' && (first.includes('.') || first.includes(':') || first === 'localhost');
  const path = hasHost ? head : slash < 0 ? `docker.io/library/${head}` : `docker.io/${head}`;
  if (digest !== undefined) return `${path}@${digest}`;
  return path.lastIndexOf(':') > path.lastIndexOf('/') ? path : `${path}:latest`;
}
