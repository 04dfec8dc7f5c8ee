/** The parts of metadata that the server owns, and those a client must not get wrong. */
import { timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { uuid } from '#base/random.ts';
import type { KubeObject, OwnerReference } from '#api/object.ts';
import type { HookCall } from '#api/resource.ts';
import { badRequest } from '#api/status.ts';
import { jsonEqual } from '#api/meta/equality.ts';

/** What a client may send on create but never set. */
export function wipeSystemFields(object: KubeObject): void {
  const { metadata } = object;
  delete metadata.uid;
  delete metadata.creationTimestamp;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

export function fillSystemFields(object: KubeObject, call: HookCall): void {
  object.metadata.uid = uuid(call.random);
  object.metadata.creationTimestamp = timestamp(call.nowMs);
}

/** Sets the namespace of the URL; '' clears it. Throws 400 when the object says another. */
export function setNamespace(object: KubeObject, namespace: string): void {
  const { metadata } = object;
  const given = metadata.namespace ?? '';
  if (namespace === '') delete metadata.namespace;
  else if (given === '') metadata.namespace = namespace;
  else if (given !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Throws 400 when the object's name is missing or is not that of the URL. */
export function checkName(object: DeepReadonly<KubeObject>, name: string): void {
  const given = object.metadata.name ?? '';
  if (given === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

const duplicateOwners = '.metadata.ownerReferences contains duplicate entries';
const duplicateOwnersAdvice =
  'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed:';

/** Drops repeated owner references, with a warning. */
export function dedupOwners(object: KubeObject, call: HookCall, when: 'before' | 'after'): void {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined || owners === null || owners.length < 2) return;
  const kept: OwnerReference[] = [];
  const duplicates: string[] = [];
  for (const owner of owners) {
    if (kept.some((other) => other.uid === owner.uid && jsonEqual(other, owner))) duplicates.push(owner.uid);
    else kept.push(owner);
  }
  if (duplicates.length === 0) return;
  const phase = when === 'after' ? ' after mutating admission happens' : '';
  call.warn(`${duplicateOwners}${phase}; ${duplicateOwnersAdvice} ${duplicates.join(', ')}`);
  object.metadata.ownerReferences = kept;
}

/** The manager of a write without one: the User-Agent up to its first slash, 128 printable characters at most. */
export function managerOf(fieldManager: string, userAgent = ''): string {
  if (fieldManager !== '') return fieldManager;
  if (latest.userAgent !== userAgent) latest = { userAgent, manager: managerOfAgent(userAgent) };
  return latest.manager;
}

/** One client mostly sends many requests in a row. */
let latest = { userAgent: '', manager: '' };

function managerOfAgent(userAgent: string): string {
  const prefix = userAgent.split('/')[0] as string;
  let manager = '';
  for (const character of prefix) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) continue;
    if (manager.length + character.length > 128) break;
    manager += character;
  }
  return manager;
}
