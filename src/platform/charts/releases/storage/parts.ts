/**
 * Releases larger than one object may be (1 MiB). The record itself then holds the release without the files of its chart,
 * which is all that Helm needs to list it, show its manifest, upgrade it, roll back to it and uninstall it; the files lie in
 * `<record>.part-<n>` objects that the record owns, so that they go when anybody deletes it. Files never change, so a change
 * of status writes the record alone.
 *
 *   sh.helm.release.v1.web.v3          data: {release: <without files>, parts: "2", digest: <sha256 of the parts' text>}
 *   sh.helm.release.v1.web.v3.part-0   data: {part: <first 1,000,000 characters>}
 *   sh.helm.release.v1.web.v3.part-1   data: {part: <the rest>}
 *
 * Deviation: Helm fails to record such a release. A Helm that rewrites the record drops `parts` and `digest`: from then on the short form is the release.
 */
import type { ObjectKey, ObjectMeta } from '#api/object.ts';
import { isAlreadyExists } from '#api/status.ts';
import type { Client } from '#client/client.ts';
import type { ChartFile } from '#platform/charts/chart.ts';
import { emptyMetadata } from '#platform/charts/metadata.ts';
import type { Release } from '#platform/charts/release.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import type { RecordKind, RecordObject } from '#platform/charts/releases/storage/record-kind.ts';
import type { Compression } from '#platform/charts/releases/storage/encoding.ts';
import { packRelease, unpackRelease } from '#platform/charts/releases/storage/encoding.ts';

/** The most characters of one part; Kubernetes takes 1,048,576 bytes of data in an object. */
const partCharacters = 1_000_000;
/** The most characters of a record; leaves room for `parts` and `digest`. */
const recordCharacters = 1_040_000;
const encoder = new TextEncoder();

/** The parts' text of files that were packed or read before: packing megabytes takes a noticeable time, and files never change. */
const packedFiles = new WeakMap<readonly ChartFile[], string>();

/** Writes records and reads them back, in one object or several. */
export class PartStore {
  readonly #kind: RecordKind;
  readonly #client: Client;
  readonly #compression: Compression;

  constructor(kind: RecordKind, client: Client, compression: Compression) {
    this.#kind = kind;
    this.#client = client;
    this.#compression = compression;
  }

  /** The whole release of a record. Throws if it is none, or if a part is missing or another one's. */
  async read(record: RecordObject): Promise<Release> {
    const data = record.data ?? {};
    const labels = record.metadata.labels ?? {};
    const release = unpackRelease(this.#kind.read(data['release'] ?? ''), labels, this.#compression);
    if (data['parts'] === undefined) return release;
    const text = await this.#partsText(record.metadata, Number(this.#kind.read(data['parts'])));
    const digest = data['digest'] === undefined ? '' : this.#kind.read(data['digest']);
    if ((await sha256(text)) !== digest) throw new Error(`the parts of ${record.metadata.name} do not belong to it`);
    const { templates, files } = unpackRelease(text, {}, this.#compression).chart;
    packedFiles.set(files, text);
    return { ...release, chart: { ...release.chart, templates, files } };
  }

  async #partsText({ namespace = '', name = '' }: ObjectMeta, count: number): Promise<string> {
    const names = Array.from({ length: count }, (_, index) => `${name}.part-${index}`);
    const parts = await Promise.all(
      names.map((part) => this.#client.get(this.#kind.resource, { namespace, name: part })),
    );
    return parts.map((part) => this.#kind.read(part.data?.['part'] ?? '')).join('');
  }

  /** Throws AlreadyExists if the record is there. */
  async create(metadata: ObjectMeta, release: Release): Promise<void> {
    const { record, parts } = await this.#layout(metadata, release);
    const created = await this.#client.create(this.#kind.resource, record);
    if (parts !== '') await this.#writeParts(created, parts);
  }

  /** Throws NotFound if the record is gone. */
  async update(metadata: ObjectMeta, release: Release): Promise<void> {
    const { record, parts } = await this.#layout(metadata, release);
    if (parts !== '') {
      const key: ObjectKey = { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
      const existing = await this.#client.get(this.#kind.resource, key);
      if (existing.data?.['digest'] !== record.data?.['digest']) await this.#writeParts(existing, parts);
    }
    await this.#client.update(this.#kind.resource, record);
  }

  /** The record, and the text of its parts ('' if it needs none). */
  async #layout(metadata: ObjectMeta, release: Release): Promise<{ record: RecordObject; parts: string }> {
    const { recordType, write } = this.#kind;
    const head = recordType === undefined ? { metadata } : { metadata, type: recordType };
    const known = packedFiles.get(release.chart.files);
    const whole = known === undefined ? packRelease(release, this.#compression) : '';
    if (known === undefined && whole.length <= recordCharacters)
      return { record: { ...head, data: { release: write(whole) } }, parts: '' };
    const short = packRelease(withoutFiles(release), this.#compression);
    if (short.length > recordCharacters)
      throw new ReleaseError(
        `release ${JSON.stringify(release.name)} is too large to be recorded: its manifest and values alone take ${short.length} bytes after compression, ${recordCharacters} are allowed`,
      );
    const parts = known ?? packRelease(filesAlone(release), this.#compression);
    packedFiles.set(release.chart.files, parts);
    const count = write(String(Math.ceil(parts.length / partCharacters)));
    const data = { release: write(short), parts: count, digest: write(await sha256(parts)) };
    return { record: { ...head, data }, parts };
  }

  async #writeParts(record: RecordObject, text: string): Promise<void> {
    const { name = '', namespace = '', uid = '' } = record.metadata;
    const owner = { apiVersion: 'v1', kind: this.#kind.name, name, uid };
    const { partType, resource, write } = this.#kind;
    for (let index = 0; index * partCharacters < text.length; index++) {
      const object: RecordObject = {
        metadata: { name: `${name}.part-${index}`, namespace, ownerReferences: [owner] },
        ...(partType === undefined ? {} : { type: partType }),
        data: { part: write(text.slice(index * partCharacters, (index + 1) * partCharacters)) },
      };
      try {
        await this.#client.create(resource, object);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        await this.#client.update(resource, object);
      }
    }
  }
}

function withoutFiles(release: Release): Release {
  return { ...release, chart: { ...release.chart, templates: [], files: [] } };
}

function filesAlone({ chart }: Release): Release {
  const { templates, files } = chart;
  return {
    name: '',
    namespace: '',
    version: 0,
    info: { firstDeployed: '', lastDeployed: '', deleted: '', description: '', status: 'unknown', notes: '' },
    chart: {
      metadata: emptyMetadata(),
      lock: undefined,
      templates,
      files,
      raw: [],
      values: new Map(),
      schema: undefined,
      dependencies: [],
      parent: undefined,
    },
    config: new Map(),
    manifest: '',
    hooks: [],
    labels: {},
    applyMethod: '',
  };
}

async function sha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
