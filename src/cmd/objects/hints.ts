/** The next command to try, where an answer shows that something is not as it should be: on stderr, only on a terminal. */
import type { StatusError } from '#api/status.ts';
import type { ApiResource } from '#cmd/objects/api-resources.ts';
import type { Table } from '#cmd/objects/table.ts';

const crashed = /^(CrashLoopBackOff|Error|OOMKilled|RunContainerError|StartError|Init:(CrashLoopBackOff|Error))$/;
const stuck =
  /^(Pending|ContainerCreating|ImagePullBackOff|ErrImagePull|ErrImageNeverPull|CreateContainerConfigError|Failed|Evicted)$/;

/** Of a table of pods: what would tell more about the first one that is in trouble. */
export function hintOfTable(table: Table, resource: ApiResource): string[] {
  if (resource.plural !== 'pods' || resource.group !== '') return [];
  const column = table.columnDefinitions?.findIndex(({ name }) => name === 'Status') ?? -1;
  for (const { cells, object } of table.rows ?? []) {
    const status = String(cells[column]);
    const { name, namespace } = object?.metadata ?? {};
    if (crashed.test(status)) return [`wheelhouse logs ${name} -n ${namespace} --previous`];
    if (stuck.test(status))
      return [`wheelhouse get events -n ${namespace} --field-selector involvedObject.name=${name}`];
  }
  return [];
}

/** Of an answer that was refused: what would tell more. */
export function hintOfRefusal(error: StatusError): string | undefined {
  switch (error.reason) {
    case 'NotFound':
      return error.details?.kind === undefined || error.details.kind === ''
        ? undefined
        : `wheelhouse get ${error.details.kind} -A`;
    case 'Forbidden':
      return 'wheelhouse get rolebindings,clusterrolebindings -A -o wide';
    case 'Unauthorized':
      return 'wheelhouse kubeconfig';
    case 'Invalid':
    case 'BadRequest':
      return 'wheelhouse apply -f FILE --dry-run=server';
    default:
      return undefined;
  }
}
