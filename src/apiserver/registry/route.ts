/** Which path shapes and verbs a resource has: what the router answers 404 and 405 to. */
import type { ApiRequest } from '#api/handler.ts';
import type { Resource, Verb } from '#api/resource.ts';
import { StatusError } from '#api/status.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';

const allVerbs: readonly Verb[] = ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete', 'deletecollection'];
const collectionVerbs: ReadonlySet<string> = new Set(['create', 'list', 'watch', 'deletecollection']);

/** The router's 404: no such path. */
export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** The router's 405: the path has other methods. */
export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError(405, 'MethodNotAllowed', message, {});
}

export function verbsOf(resource: Resource): readonly Verb[] {
  return resource.virtual === undefined ? (resource.verbs ?? allVerbs) : ['create'];
}

/** The verb of a request on the object or the collection itself. Throws the router's 404 and 405. */
export function checkedVerb(resource: Resource, info: RequestInfo, request: ApiRequest): Verb {
  checkScope(resource, info);
  const isItem = isItemPath(info);
  const verbs = verbsOf(resource);
  const onPath = verbs.filter((verb) => collectionVerbs.has(verb) !== isItem);
  if (onPath.length === 0) throw noSuchPath();
  const verb = info.verb as Verb;
  const isAcrossNamespaces = resource.namespaced && info.namespace === '';
  if (request.method === 'HEAD' || !onPath.includes(verb)) throw methodNotAllowed();
  if (isAcrossNamespaces && verb !== 'list' && verb !== 'watch') throw methodNotAllowed();
  return verb;
}

/** Lists and watches name an object only by their selector. */
function isItemPath(info: RequestInfo): boolean {
  return info.name !== '' && info.verb !== 'list' && info.verb !== 'watch';
}

/** Namespaced objects are only below a namespace, others never. */
export function checkScope(resource: Resource, info: RequestInfo): void {
  if (resource.namespaced) {
    if (info.namespace === '' && isItemPath(info)) throw noSuchPath();
    return;
  }
  const isNamespaceItself = info.resource === 'namespaces' && info.group === '';
  if (info.namespace !== '' && !isNamespaceItself) throw noSuchPath();
}

/** The verb of a request on a subresource. Throws the router's 405. */
export function checkedSubresourceVerb(verbs: readonly Verb[], info: RequestInfo, request: ApiRequest): Verb {
  const verb = info.verb as Verb;
  if (request.method === 'HEAD' || !verbs.includes(verb)) throw methodNotAllowed();
  return verb;
}
