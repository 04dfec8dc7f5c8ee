/** A plan and a drift as text for a terminal; colours are the caller's. */
import type { Drift, Plan, PlannedObject } from '#platform/charts/releases/review/plan.ts';

const signs = { create: '+', change: '~', unchanged: ' ', delete: '-', keep: '=', refused: '!' } as const;

/**
 * One heading per object that changes, its diff below, and a summary.
 *
 *   ~ apps/v1 Deployment shop/web (demo/templates/deployment.yaml)
 *   @@ -10,3 +10,3 @@
 *   …
 *   Plan for revision 4 of web: 1 to create, 2 to change, 0 to delete, 3 unchanged
 */
export function planText({ name, revision, objects }: Plan): string {
  const blocks = objects.filter(({ action }) => action !== 'unchanged').map(planBlock);
  const count = (action: PlannedObject['action']): number => objects.filter((one) => one.action === action).length;
  const rest = [
    ...(count('keep') > 0 ? [`${count('keep')} to be left behind by their resource policy`] : []),
    ...(count('refused') > 0 ? [`${count('refused')} that the server would refuse`] : []),
  ];
  const counts = [
    `${count('create')} to create`,
    `${count('change')} to change`,
    `${count('delete')} to delete`,
    `${count('unchanged')} unchanged`,
    ...rest,
  ];
  return `${blocks.join('\n')}${blocks.length === 0 ? '' : '\n'}Plan for revision ${revision} of ${name}: ${counts.join(', ')}\n`;
}

function planBlock(object: PlannedObject): string {
  const refusal = object.refusal === '' ? '' : `  ${object.refusal}\n`;
  return `${signs[object.action]} ${objectName(object)}\n${refusal}${object.diff}`;
}

function objectName({ apiVersion, kind, namespace, name, source }: Omit<PlannedObject, 'action'>): string {
  const path = namespace === '' ? name : `${namespace}/${name}`;
  return `${apiVersion} ${kind} ${path}${source === '' ? '' : ` (${source})`}`;
}

/** The objects that drifted with what the release would set back. */
export function driftText({ name, revision, objects }: Drift): string {
  if (objects.length === 0) return `Revision ${revision} of ${name} is as it was applied\n`;
  const blocks = objects.map((object) => `${object.state} ${objectName(object)}\n${object.diff}`);
  const what = objects.length === 1 ? '1 object differs' : `${objects.length} objects differ`;
  return `${blocks.join('\n')}\n${what} from revision ${revision} of ${name}\n`;
}
