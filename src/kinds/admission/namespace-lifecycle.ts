/** NamespaceLifecycle: nothing is made in a namespace that is absent or ending, and some namespaces never end. */
import { namespaces } from '#api/generated/resources.ts';
import type { AdmissionAttributes, AdmissionPlugin, HookCall } from '#api/resource.ts';
import { forbidden, notFound, StatusError } from '#api/status.ts';
import { isResource, reject } from '#kinds/admission/forbid.ts';

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: (operation) => operation !== 'CONNECT',
  mutate: check,
};

function check(attributes: AdmissionAttributes, call: HookCall): void {
  const { operation, key, resource } = attributes;
  if (isResource(attributes, '', 'namespaces')) {
    if (operation === 'DELETE' && immortal.has(key.name))
      throw forbidden(resource, key.name, 'this namespace may not be deleted');
    return;
  }
  if (key.namespace === '' || operation === 'DELETE') return;
  if (isResource(attributes, 'authorization.k8s.io', 'localsubjectaccessreviews')) return;
  const namespace = call.reader.get(namespaces, { namespace: '', name: key.namespace });
  if (namespace === undefined) throw notFound(namespaces, key.namespace);
  if (operation !== 'CREATE' || namespace.status?.phase !== 'Terminating') return;
  throw terminating(attributes, key.namespace);
}

function terminating(attributes: AdmissionAttributes, name: string): StatusError {
  const error = reject(attributes, `unable to create new content in namespace ${name} because it is being terminated`);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${name} is being terminated`,
    field: 'metadata.namespace',
  };
  return new StatusError(error.code, error.reason, error.message, { ...error.details, causes: [cause] });
}
