/** Helm's way of sending many objects: runs of one kind at once, kinds one after the other, everything in spite of failures. */
import { errorMessage } from '#base/logger.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';

/** What became of one object: undefined, or why it failed. */
export type Outcome = unknown;

/** Failures in the order of the objects; undefined where it went well. */
export async function inBatches(
  objects: readonly ReleaseObject[],
  work: (object: ReleaseObject) => Promise<void>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let from = 0; from < objects.length; ) {
    const kind = objects[from]?.resource.kind;
    let to = from + 1;
    while (to < objects.length && objects[to]?.resource.kind === kind) to++;
    const batch = objects.slice(from, to).map((object) => outcomeOf(work(object)));
    outcomes.push(...(await Promise.all(batch)));
    from = to;
  }
  return outcomes;
}

async function outcomeOf(work: Promise<void>): Promise<Outcome> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error ?? new Error('unknown error');
  }
}

/** The texts of what failed. */
export function failureTexts(outcomes: readonly Outcome[]): string[] {
  return outcomes.filter((outcome) => outcome !== undefined).map(errorMessage);
}
