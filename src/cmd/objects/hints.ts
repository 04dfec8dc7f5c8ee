/** The next command to try, where an answer shows that something is not as it should be: on stderr, only on a terminal. */
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

export function showHint(command: string | undefined): void {
  if (command === undefined || process.stderr.isTTY !== true) return;
  process.stderr.write(`\x1b[2mtry: ${command}\x1b[0m\n`);
}
