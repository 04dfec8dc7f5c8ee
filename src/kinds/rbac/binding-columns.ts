/** The columns of both kinds of bindings. */
import type { RoleBinding, Subject } from '#api/generated/rbac/v1.ts';
import type { Column } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const bindingColumns: readonly Column<RoleBinding>[] = [
  { name: 'Role', type: 'string', value: ({ roleRef }) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}` },
  ageColumn,
  { name: 'Users', type: 'string', priority: 1, value: ({ subjects }) => names(subjects, 'User') },
  { name: 'Groups', type: 'string', priority: 1, value: ({ subjects }) => names(subjects, 'Group') },
  { name: 'ServiceAccounts', type: 'string', priority: 1, value: ({ subjects }) => names(subjects, 'ServiceAccount') },
];

function names(subjects: readonly DeepReadonly<Subject>[] | undefined, kind: string): string {
  const list = (subjects ?? []).filter((subject) => subject.kind === kind);
  return list.map(({ name, namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name)).join(', ');
}
