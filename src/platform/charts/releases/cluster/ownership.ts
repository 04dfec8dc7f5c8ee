/** To which release an object belongs: Helm's label and annotations, and who may be taken over. */
import type { HasMetadata } from '#api/object.ts';
import { errorMessage } from '#base/logger.ts';
import type { Release } from '#platform/charts/release.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { objectText } from '#platform/charts/releases/cluster/objects.ts';

const managedByLabel = 'app.kubernetes.io/managed-by';
const nameAnnotation = 'meta.helm.sh/release-name';
const namespaceAnnotation = 'meta.helm.sh/release-namespace';

/** A release's name and namespace. */
export type Owner = Pick<Release, 'name' | 'namespace'>;

/** Writes the release into labels and annotations of its objects. */
export function markOwned(objects: readonly ReleaseObject[], owner: Owner): void {
  for (const { object } of objects) {
    const { metadata } = object;
    metadata.labels = { ...metadata.labels, [managedByLabel]: 'Helm' };
    metadata.annotations = {
      ...metadata.annotations,
      [nameAnnotation]: owner.name,
      [namespaceAnnotation]: owner.namespace,
    };
  }
}

/**
 * Those of the objects that exist already and may be adopted: they carry the release's marks, or `takeOwnership` is set.
 * Throws a ReleaseError for the first one that belongs to somebody else.
 */
export async function adoptable(
  context: ReleaseContext,
  objects: readonly ReleaseObject[],
  owner: Owner & { readonly takeOwnership: boolean },
): Promise<ReleaseObject[]> {
  const existing = await Promise.all(objects.map((one) => findExisting(context, one)));
  const adopted: ReleaseObject[] = [];
  for (const [index, object] of objects.entries()) {
    const { found, error } = existing[index] ?? {};
    if (error !== undefined) throw error;
    if (found === undefined) continue;
    const problem = owner.takeOwnership ? undefined : ownershipProblem(found, owner);
    if (problem !== undefined)
      throw new ReleaseError(
        `${objectText(object)} exists and cannot be imported into the current release: ${problem}`,
        'Exists',
      );
    adopted.push(object);
  }
  return adopted;
}

/** Errors are carried, so that the first object's counts whichever answer comes first. */
async function findExisting(
  { client }: ReleaseContext,
  one: ReleaseObject,
): Promise<{ found?: HasMetadata | undefined; error?: ReleaseError }> {
  try {
    return { found: await client.find(one.resource, one.key) };
  } catch (error) {
    const message = `could not get information about the resource ${objectText(one)}: ${errorMessage(error)}`;
    return { error: new ReleaseError(message) };
  }
}

function ownershipProblem({ metadata }: HasMetadata, owner: Owner): string | undefined {
  const problems = [
    ['label', metadata.labels, managedByLabel, 'Helm'] as const,
    ['annotation', metadata.annotations, nameAnnotation, owner.name] as const,
    ['annotation', metadata.annotations, namespaceAnnotation, owner.namespace] as const,
  ].flatMap(([what, map, key, wanted]) => {
    const problem = valueProblem(map, key, wanted);
    return problem === undefined ? [] : [`; ${what} validation error: ${problem}`];
  });
  return problems.length === 0 ? undefined : `invalid ownership metadata${problems.join('')}`;
}

function valueProblem(map: Record<string, string> | undefined, key: string, wanted: string): string | undefined {
  const actual = map?.[key];
  const quoted = JSON.stringify(key);
  if (actual === undefined) return `missing key ${quoted}: must be set to ${JSON.stringify(wanted)}`;
  if (actual === wanted) return undefined;
  return `key ${quoted} must equal ${JSON.stringify(wanted)}: current value is ${JSON.stringify(actual)}`;
}
