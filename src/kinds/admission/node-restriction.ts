/**
 * NodeRestriction: a node changes its own Node, its own pods and its own lease, and nothing else.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
import { nodes, pods } from '#api/generated/resources.ts';
import type { Node, Pod } from '#api/generated/core/v1.ts';
import type { TokenRequest } from '#api/generated/authentication/v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, HookCall } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { notFound } from '#api/status.ts';
import { isResource, reject } from '#kinds/admission/forbid.ts';
import { forbiddenLabels } from '#kinds/admission/node-labels.ts';
import { apiObjectReference } from '#kinds/admission/pod-references.ts';
import { nodeNameOf } from '#kinds/authorizers/node-identity.ts';

const mirrorAnnotation = 'kubernetes.io/config.mirror';

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: (operation) => operation !== 'CONNECT',
  mutate: restrict,
};

function restrict(attributes: AdmissionAttributes, call: HookCall): void {
  const nodeName = nodeNameOf(call.user);
  if (nodeName === undefined) return;
  if (nodeName === '') throw reject(attributes, `could not determine node from user ${JSON.stringify(call.user.name)}`);
  const { group, plural } = attributes.resource;
  switch (group === '' ? plural : `${plural}.${group}`) {
    case 'pods':
      return restrictPod(nodeName, attributes, call);
    case 'nodes':
      return restrictNode(nodeName, attributes);
    case 'serviceaccounts':
      return restrictToken(nodeName, attributes, call);
    case 'leases.coordination.k8s.io':
      return restrictLease(nodeName, attributes);
    case 'csinodes.storage.k8s.io':
      if (nameOf(attributes) !== nodeName)
        throw reject(attributes, 'can only access CSINode with the same name as the requesting node');
      return;
    default:
      if (isResource(attributes, '', 'persistentvolumeclaims') && attributes.subresource !== 'status')
        throw reject(attributes, 'may only update PVC status');
  }
}

function nameOf({ operation, object, key }: AdmissionAttributes): string {
  return operation === 'CREATE' ? (object?.metadata.name ?? '') : key.name;
}

function restrictPod(nodeName: string, attributes: AdmissionAttributes, call: HookCall): void {
  const { operation, subresource } = attributes;
  const quoted = JSON.stringify(nodeName);
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return restrictPodCreate(nodeName, attributes, call);
      if (operation !== 'DELETE') {
        const text = `unexpected operation ${JSON.stringify(operation)}, node ${quoted} can only create and delete mirror pods`;
        throw reject(attributes, text);
      }
      if (storedPod(attributes, call).spec?.nodeName !== nodeName)
        throw reject(attributes, `node ${quoted} can only delete pods with spec.nodeName set to itself`);
      return;
    case 'status':
      return restrictPodStatus(nodeName, attributes);
    case 'eviction':
      if (storedPod(attributes, call).spec?.nodeName !== nodeName)
        throw reject(attributes, `node ${nodeName} can only evict pods with spec.nodeName set to itself`);
      return;
    default: {
      const text = `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`;
      throw reject(attributes, text);
    }
  }
}

function storedPod({ key }: AdmissionAttributes, { reader }: HookCall): DeepReadonly<Pod> {
  const pod = reader.get(pods, key);
  if (pod === undefined) throw notFound({ group: '', plural: 'pod' }, key.name);
  return pod;
}

function restrictPodCreate(nodeName: string, attributes: AdmissionAttributes, { reader }: HookCall): void {
  const pod = attributes.object as unknown as Pod;
  const quoted = JSON.stringify(nodeName);
  const deny = (text: string): never => {
    throw reject(attributes, text);
  };
  if (pod.metadata.annotations?.[mirrorAnnotation] === undefined)
    deny(
      `pod does not have ${JSON.stringify(mirrorAnnotation)} annotation, node ${quoted} can only create mirror pods`,
    );
  if (pod.spec?.nodeName !== nodeName) deny(`node ${quoted} can only create pods with spec.nodeName set to itself`);
  const owners = pod.metadata.ownerReferences ?? [];
  if (owners.length > 1) deny(`node ${quoted} can only create pods with a single owner reference set to itself`);
  const [owner] = owners;
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== nodeName)
    return deny(`node ${quoted} can only create pods with an owner reference set to itself`);
  if (owner.controller !== true)
    deny(`node ${quoted} can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion === true) deny(`node ${quoted} must not set blockOwnerDeletion on an owner reference`);
  const node = reader.get(nodes, { namespace: '', name: nodeName });
  if (node === undefined) throw notFound({ group: '', plural: 'node' }, nodeName);
  if (owner.uid !== node.metadata.uid)
    deny(`node ${nodeName} UID mismatch: expected ${owner.uid} got ${node.metadata.uid}`);
  const referenced = apiObjectReference(pod);
  if (referenced !== '') deny(`node ${quoted} can not create pods that reference ${referenced}`);
}

function restrictPodStatus(nodeName: string, attributes: AdmissionAttributes): void {
  const quoted = JSON.stringify(nodeName);
  if (attributes.operation !== 'UPDATE')
    throw reject(attributes, `unexpected operation ${JSON.stringify(attributes.operation)}`);
  const old = attributes.old as unknown as DeepReadonly<Pod>;
  const pod = attributes.object as unknown as Pod;
  if (old.spec?.nodeName !== nodeName)
    throw reject(attributes, `node ${quoted} can only update pod status for pods with spec.nodeName set to itself`);
  if (!semanticEqual(old.metadata.labels, pod.metadata.labels))
    throw reject(attributes, `node ${quoted} cannot update labels through pod status`);
  if (!semanticEqual(old.status?.resourceClaimStatuses, pod.status?.resourceClaimStatuses))
    throw reject(attributes, `node ${quoted} cannot update resource claim statues`);
}

function restrictNode(nodeName: string, attributes: AdmissionAttributes): void {
  const quoted = JSON.stringify(nodeName);
  const requested = attributes.key.name;
  if (requested !== nodeName)
    throw reject(attributes, `node ${quoted} is not allowed to modify node ${JSON.stringify(requested)}`);
  const node = attributes.object as unknown as Node;
  const old = attributes.old as unknown as DeepReadonly<Node> | undefined;
  if (attributes.operation === 'CREATE') {
    const labels = forbiddenLabels(node.metadata.labels, undefined);
    const text = `node ${quoted} is not allowed to set the following labels: ${labels.join(', ')}`;
    if (labels.length > 0) throw reject(attributes, text);
  }
  if (attributes.operation !== 'UPDATE') return;
  if (!semanticEqual(node.spec?.taints, old?.spec?.taints))
    throw reject(attributes, `node ${quoted} is not allowed to modify taints`);
  if (!semanticEqual(node.metadata.ownerReferences, old?.metadata.ownerReferences))
    throw reject(attributes, `node ${quoted} is not allowed to modify ownerReferences`);
  const labels = forbiddenLabels(node.metadata.labels, old?.metadata.labels);
  if (labels.length > 0) throw reject(attributes, `is not allowed to modify labels: ${labels.join(', ')}`);
}

/** Tokens only for the pods that run on the node, and for the audiences those pods ask for. */
function restrictToken(nodeName: string, attributes: AdmissionAttributes, call: HookCall): void {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return;
  const { spec } = attributes.object as unknown as TokenRequest;
  const reference = spec?.boundObjectRef;
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || (reference.name ?? '') === '')
    throw reject(attributes, 'node requested token not bound to a pod');
  if ((reference.uid ?? '') === '') throw reject(attributes, 'node requested token with a pod binding without a uid');
  const { namespace } = attributes.key;
  const pod = call.reader.get(pods, { namespace, name: reference.name ?? '' });
  if (pod === undefined) throw notFound({ group: '', plural: 'pod' }, reference.name ?? '');
  if (pod.metadata.uid !== reference.uid) {
    const text = `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw reject(attributes, text);
  }
  if (pod.spec?.nodeName !== nodeName)
    throw reject(attributes, 'node requested token bound to a pod scheduled on a different node');
  checkAudience(attributes, spec?.audiences ?? [], pod, call);
}

function checkAudience(
  attributes: AdmissionAttributes,
  audiences: readonly string[],
  pod: DeepReadonly<Pod>,
  { user, authorizer }: HookCall,
): void {
  if (audiences.length > 1) throw reject(attributes, 'node may only request 0 or 1 audiences');
  const audience = audiences[0] ?? '';
  const isMounted = pod.spec?.volumes?.some(({ projected }) =>
    projected?.sources?.some(
      ({ serviceAccountToken: token }) => token !== undefined && (token.audience ?? '') === audience,
    ),
  );
  if (isMounted === true) return;
  const { namespace, name } = attributes.key;
  const resource = { group: '', version: 'v1', plural: audience, subresource: '', namespace, name };
  const verb = 'request-serviceaccounts-token-audience';
  if (authorizer.authorize({ user, verb, resource }).decision === 'allow') return;
  const text = `audience ${JSON.stringify(audience)} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`;
  throw reject(attributes, text);
}

function restrictLease(nodeName: string, attributes: AdmissionAttributes): void {
  if (attributes.key.namespace !== 'kube-node-lease')
    throw reject(attributes, 'can only access leases in the "kube-node-lease" system namespace');
  if (nameOf(attributes) !== nodeName)
    throw reject(attributes, 'can only access node lease with the same name as the requesting node');
}
