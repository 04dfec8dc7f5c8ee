/** Requests that stay open by their nature: no deadline, no place in the queue. */
import type { RequestInfo } from '#apiserver/request-info.ts';

const longVerbs = new Set(['watch', 'proxy']);
const longSubresources = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

export function isLongRunning(info: RequestInfo): boolean {
  return info.isResourceRequest && (longVerbs.has(info.verb) || longSubresources.has(info.subresource));
}

export function isReadOnly({ verb }: RequestInfo): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch';
}
