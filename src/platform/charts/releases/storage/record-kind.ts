/** Which kinds of objects hold records, and how their `data` is written. */
import { configmaps, secrets } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { fromBase64, toBase64 } from '#platform/charts/base64.ts';

/** What a record is kept in. */
export interface RecordObject extends HasMetadata {
  type?: string;
  data?: Record<string, string>;
}

/** Secrets hold bytes, ConfigMaps texts; `read` and `write` turn data into text and back. */
export interface RecordKind {
  readonly name: 'Secret' | 'ConfigMap';
  readonly resource: ResourceRef<RecordObject>;
  readonly recordType: string | undefined;
  readonly partType: string | undefined;
  write(text: string): string;
  read(data: string): string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const secretRecords: RecordKind = {
  name: 'Secret',
  resource: secrets as ResourceRef<RecordObject>,
  recordType: 'helm.sh/release.v1',
  partType: 'wheelhouse.dev/release-part.v1',
  write: (text) => toBase64(encoder.encode(text)),
  read: (data) => decoder.decode(fromBase64(data)),
};

export const configMapRecords: RecordKind = {
  name: 'ConfigMap',
  resource: configmaps as ResourceRef<RecordObject>,
  recordType: undefined,
  partType: undefined,
  write: (text) => text,
  read: (data) => data,
};
