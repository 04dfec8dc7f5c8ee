/**
 * The Node authorizer: a node reads what the pods on it need, writes about itself, and nothing more.
 * What upstream keeps as a graph is read off the pods: a node is related to an object if a pod on it names it.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import { parseFieldSelector } from '#api/meta/field-selector.ts';
import type { AuthorizationAttributes, AuthorizationDecision, AuthorizerFactory, Reader } from '#api/resource.ts';
import { nodeNameOf } from '#kinds/authorizers/node-identity.ts';
import { isNamedByPodOf, isPodOf, type ReferenceKind } from '#kinds/authorizers/node-relations.ts';
import { ruleOf } from '#kinds/bootstrap/data.ts';
import { systemRoles } from '#kinds/bootstrap/system-roles.ts';
import { ruleAllows } from '#kinds/rbac/rule.ts';

type Request = NonNullable<AuthorizationAttributes['resource']>;

const allow: AuthorizationDecision = { decision: 'allow', reason: '' };
const noOpinion = (reason = ''): AuthorizationDecision => ({ decision: 'no-opinion', reason });
const nodeRules = (systemRoles.find(({ name }) => name === 'system:node')?.rules ?? []).map(ruleOf);
const leaseNamespace = 'kube-node-lease';
const ownVerbs = ['get', 'create', 'update', 'patch', 'delete'];

export const nodeAuthorizer: AuthorizerFactory = {
  name: 'Node',
  create: (reader) => ({
    authorize(attributes) {
      const nodeName = nodeNameOf(attributes.user);
      if (nodeName === undefined) return noOpinion();
      if (nodeName === '') return noOpinion(`unknown node for user ${JSON.stringify(attributes.user.name)}`);
      return new NodeQuestion(reader, nodeName, attributes).answer();
    },
  }),
};

/** One request of one node. */
class NodeQuestion {
  readonly #reader: Reader;
  readonly #nodeName: string;
  readonly #attributes: AuthorizationAttributes;

  constructor(reader: Reader, nodeName: string, attributes: AuthorizationAttributes) {
    this.#reader = reader;
    this.#nodeName = nodeName;
    this.#attributes = attributes;
  }

  answer(): AuthorizationDecision {
    const { resource, verb } = this.#attributes;
    if (resource === undefined) return this.#byRules();
    switch (resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`) {
      case 'secrets':
        return this.#read('secrets', resource, verb);
      case 'configmaps':
        return this.#read('configmaps', resource, verb);
      case 'persistentvolumeclaims':
        return this.#claim(resource, verb);
      case 'persistentvolumes':
      case 'resourceclaims.resource.k8s.io':
      case 'volumeattachments.storage.k8s.io':
        return this.#getOnly(resource, verb, () => false);
      case 'serviceaccounts':
        return this.#serviceAccount(resource, verb);
      case 'leases.coordination.k8s.io':
        return this.#lease(resource, verb);
      case 'csinodes.storage.k8s.io':
        return this.#own(resource, verb, 'CSINode');
      case 'nodes':
        return this.#node(resource, verb);
      case 'pods':
        return this.#pod(resource, verb);
      default:
        return this.#byRules();
    }
  }

  #byRules(): AuthorizationDecision {
    return nodeRules.some((rule) => ruleAllows(rule, this.#attributes)) ? allow : noOpinion();
  }

  #related(isRelated: boolean): AuthorizationDecision {
    return isRelated ? allow : noOpinion(`no relationship found between node '${this.#nodeName}' and this object`);
  }

  #isNamed(kind: ReferenceKind, { namespace, name }: Request): boolean {
    return isNamedByPodOf(this.#reader, this.#nodeName, kind, { namespace, name });
  }

  #read(kind: ReferenceKind, resource: Request, verb: string): AuthorizationDecision {
    if (!['get', 'list', 'watch'].includes(verb)) return noOpinion('can only read resources of this type');
    if (resource.subresource !== '') return noOpinion('cannot read subresource');
    if (resource.namespace === '') return noOpinion('can only read namespaced object of this type');
    if (resource.name === '') return noOpinion('No Object name found');
    return this.#related(this.#isNamed(kind, resource));
  }

  #getOnly(resource: Request, verb: string, isRelated: () => boolean): AuthorizationDecision {
    if (verb !== 'get') return noOpinion('can only get individual resources of this type');
    if (resource.subresource !== '') return noOpinion('cannot get subresource');
    if (resource.name === '') return noOpinion('No Object name found');
    return this.#related(isRelated());
  }

  #claim(resource: Request, verb: string): AuthorizationDecision {
    const isNamed = (): boolean => this.#isNamed('persistentvolumeclaims', resource);
    if (resource.subresource !== 'status') return this.#getOnly(resource, verb, isNamed);
    if (verb !== 'update' && verb !== 'patch') return noOpinion('can only get/update/patch this type');
    return this.#related(isNamed());
  }

  #serviceAccount(resource: Request, verb: string): AuthorizationDecision {
    if (verb === 'get' && resource.subresource === '') return this.#read('serviceaccounts', resource, verb);
    if (verb !== 'create' || resource.name === '')
      return noOpinion('can only create tokens for individual service accounts');
    if (resource.subresource !== 'token') return noOpinion('can only create token subresource of serviceaccount');
    return this.#related(this.#isNamed('serviceaccounts', resource));
  }

  #lease(resource: Request, verb: string): AuthorizationDecision {
    if (!ownVerbs.includes(verb)) return noOpinion('can only get, create, update, patch, or delete a node lease');
    if (resource.namespace !== leaseNamespace)
      return noOpinion(`can only access leases in the "${leaseNamespace}" system namespace`);
    if (verb === 'create' || resource.name === this.#nodeName) return allow;
    return noOpinion('can only access node lease with the same name as the requesting node');
  }

  #own(resource: Request, verb: string, kind: string): AuthorizationDecision {
    if (!ownVerbs.includes(verb)) return noOpinion(`can only get, create, update, patch, or delete a ${kind}`);
    if (resource.subresource !== '') return noOpinion(`cannot authorize ${kind} subresources`);
    if (verb === 'create' || resource.name === this.#nodeName) return allow;
    return noOpinion(`can only access ${kind} with the same name as the requesting node`);
  }

  #node({ subresource, name }: Request, verb: string): AuthorizationDecision {
    const isWrite = verb === 'update' || verb === 'patch';
    if (subresource === 'status' && isWrite) return allow;
    if (subresource !== '') return noOpinion();
    if (isWrite || verb === 'create') return allow;
    if (!['get', 'list', 'watch'].includes(verb)) return noOpinion();
    if (name === this.#nodeName) return allow;
    const what = name === '' ? 'all nodes' : `'${name}'`;
    return noOpinion(`node '${this.#nodeName}' cannot read ${what}, only its own Node object`);
  }

  #pod(resource: Request, verb: string): AuthorizationDecision {
    const isMine = (): boolean => isPodOf(this.#reader, this.#nodeName, resource);
    switch (`${resource.subresource}:${verb}`) {
      case ':get':
        return this.#getOnly(resource, verb, isMine);
      case ':list':
      case ':watch':
        if (selectsNode(resource.fieldSelector, this.#nodeName)) return allow;
        if (resource.name !== '') return this.#related(isMine());
        return noOpinion('can only list/watch pods with spec.nodeName field selector');
      case ':create':
      case ':delete':
      case 'status:update':
      case 'status:patch':
      case 'eviction:create':
        return allow;
      default:
        return noOpinion();
    }
  }
}

function selectsNode(selector: string | undefined, nodeName: string): boolean {
  if (selector === undefined) return false;
  try {
    const terms = parseFieldSelector(selector);
    return terms.some(({ field, value, isNegated }) => field === 'spec.nodeName' && value === nodeName && !isNegated);
  } catch {
    return false;
  }
}
