/** The files of configMap, secret, downwardAPI and projected volumes; pure. */
import type { ConfigMap, Secret, Volume } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { type Allocatable, fieldValue, type PodAddresses, resourceValue } from '#kubelet/env/field-path.ts';
import { findContainer, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';

/** One file of a volume; `path` is relative and stays inside. */
export interface PayloadFile {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
  /** Owner, where it is not root: projected tokens. */
  readonly uid?: number;
}
export type Payload = PayloadFile[];
type Items = DeepReadonly<{ key: string; path: string; mode?: number }[]> | undefined;
type Downward = NonNullable<NonNullable<DeepReadonly<Volume>['downwardAPI']>['items']>;

export interface Selection {
  readonly items: Items;
  readonly defaultMode: number;
  readonly optional: boolean;
}

/** Throws with upstream's text when a key that is named is missing. */
export function configMapPayload(configMap: DeepReadonly<ConfigMap>, selection: Selection): Payload {
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(configMap.data ?? {})) data.set(key, new TextEncoder().encode(text));
  for (const [key, base64] of Object.entries(configMap.binaryData ?? {})) data.set(key, decodeBase64(base64));
  return select(data, selection, `configmap references non-existent config key: `);
}

export function secretPayload(secret: DeepReadonly<Secret>, selection: Selection): Payload {
  const data = new Map<string, Uint8Array>();
  for (const [key, base64] of Object.entries(secret.data ?? {})) data.set(key, decodeBase64(base64));
  return select(data, selection, `references non-existent secret key: `);
}

export interface DownwardContext {
  readonly addresses: PodAddresses;
  readonly allocatable: Allocatable;
  readonly defaultMode: number;
}

export function downwardPayload(pod: ReadonlyPod, items: Downward, context: DownwardContext): Payload {
  return items.map((item) => {
    const mode = item.mode ?? context.defaultMode;
    const bytes = new TextEncoder().encode(downwardText(pod, item, context));
    return { path: item.path, mode, bytes };
  });
}

function downwardText(pod: ReadonlyPod, item: Downward[number], context: DownwardContext): string {
  if (item.fieldRef !== undefined) return fieldValue(pod, item.fieldRef.fieldPath, context.addresses);
  const { containerName = '', resource = '', divisor } = item.resourceFieldRef ?? {};
  const container = findContainer(pod, containerName);
  if (container === undefined) throw new Error(`container ${containerName} not found`);
  return resourceValue(container, { resource, ...(divisor === undefined ? {} : { divisor }) }, context.allocatable);
}

function select(
  data: ReadonlyMap<string, Uint8Array>,
  { items, defaultMode, optional }: Selection,
  missing: string,
): Payload {
  if (items === undefined || items.length === 0)
    return [...data].map(([path, bytes]) => ({ path, mode: defaultMode, bytes }));
  const files: Payload = [];
  for (const { key, path, mode } of items) {
    const bytes = data.get(key);
    if (bytes !== undefined) files.push({ path, mode: mode ?? defaultMode, bytes });
    else if (!optional) throw new Error(missing + key);
  }
  return files;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Uint8Array(128);
for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;

/** Standard base64, padded or not. The API server has validated it. */
export function decodeBase64(text: string): Uint8Array {
  const clean = text.replace(/[\s=]+/g, '');
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4));
  let at = 0;
  for (let i = 0; i < clean.length; i += 4) {
    const value = (index: number): number => values[clean.charCodeAt(index)] ?? 0;
    const group = (value(i) << 18) | (value(i + 1) << 12) | (value(i + 2) << 6) | value(i + 3);
    if (at < bytes.length) bytes[at++] = group >> 16;
    if (at < bytes.length) bytes[at++] = (group >> 8) & 255;
    if (at < bytes.length) bytes[at++] = group & 255;
  }
  return bytes;
}
