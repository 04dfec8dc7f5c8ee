/**
 * CRDs after the first installation, which Helm never touches again: what a chart's crds/ would change, what speaks against
 * it, and the change itself by server-side apply.
 */
import type { CustomResourceDefinition } from '#api/generated/apiextensions/v1.ts';
import type { HasMetadata } from '#api/object.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { enabledCrds } from '#platform/charts/releases/actions/crds.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { applyObject } from '#platform/charts/releases/cluster/server-side.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { buildObjects } from '#platform/charts/releases/cluster/objects.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import { isSameToReviewer, objectDiff } from '#platform/charts/releases/review/object-text.ts';
import { waitForReady } from '#platform/charts/releases/wait/wait.ts';

/** What a chart would do to one CRD. */
export interface CrdReview {
  readonly name: string;
  /** Path in the chart. */
  readonly source: string;
  readonly action: 'create' | 'change' | 'unchanged';
  readonly diff: string;
  /** Why the change cannot work or would lose data; such a change is made only when insisted upon. */
  readonly dangers: readonly string[];
}

interface Reviewed {
  readonly object: ReleaseObject;
  readonly review: CrdReview;
}

/** Reviews the CRDs of a chart and its subcharts. Nothing is written. */
export async function reviewCrds(
  context: ReleaseContext,
  chart: Chart,
  values: Table = new Map(),
): Promise<CrdReview[]> {
  return (await reviewAll(context, chart, values)).map(({ review }) => review);
}

async function reviewAll(context: ReleaseContext, chart: Chart, values: Table): Promise<Reviewed[]> {
  await context.resources.reach();
  const reviewed: Reviewed[] = [];
  for (const { path, file } of enabledCrds(chart, values)) {
    const objects = await buildObjects(context, new TextDecoder().decode(file.data));
    for (const object of objects) reviewed.push(await reviewOne(context, object, path));
  }
  return reviewed;
}

async function reviewOne(context: ReleaseContext, object: ReleaseObject, source: string): Promise<Reviewed> {
  const { name } = object.key;
  const live = await context.client.find<HasMetadata>(object.resource, object.key);
  if (live === undefined) {
    const diff = objectDiff(undefined, object.object);
    return { object, review: { name, source, action: 'create', diff, dangers: [] } };
  }
  const after = await applyObject(context, object, { forceConflicts: true, dryRun: true });
  const dangers = crdDangers(live as CustomResourceDefinition, object.object as unknown as CustomResourceDefinition);
  const isSame = isSameToReviewer(live, after);
  const [action, diff] = isSame ? (['unchanged', ''] as const) : (['change', objectDiff(live, after)] as const);
  return { object, review: { name, source, action, diff, dangers: isSame ? [] : dangers } };
}

/** What speaks against replacing a live CRD by another version of it. */
export function crdDangers(live: CustomResourceDefinition, wanted: CustomResourceDefinition): string[] {
  const dangers: string[] = [];
  const versions = new Map(wanted.spec.versions.map((version) => [version.name, version]));
  if (wanted.spec.scope !== live.spec.scope)
    dangers.push(`the scope cannot change from ${live.spec.scope} to ${wanted.spec.scope}`);
  for (const stored of live.status?.storedVersions ?? [])
    if (!versions.has(stored))
      dangers.push(`version ${stored} is gone, but objects may still be stored in it (status.storedVersions)`);
  for (const version of live.spec.versions) {
    const next = versions.get(version.name);
    if (version.served && next?.served !== true) dangers.push(`version ${version.name} is no longer served`);
    const [before, after] = [version.schema?.openAPIV3Schema, next?.schema?.openAPIV3Schema];
    if (before !== undefined && after !== undefined) dangers.push(...narrowings(before, after, version.name));
  }
  return dangers;
}

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** Fields that existing objects may have and would lose, and fields that they may lack and would need. */
function narrowings(before: Schema, after: Schema, path: string): string[] {
  const found: string[] = [];
  if (before.type !== after.type) found.push(`${path} changes its type from ${before.type} to ${after.type}`);
  for (const name of after.required ?? [])
    if (before.required?.includes(name) !== true) found.push(`${path}.${name} becomes required`);
  const keepsUnknown = after['x-kubernetes-preserve-unknown-fields'] === true;
  for (const [name, schema] of Object.entries(before.properties ?? {})) {
    const next = after.properties?.[name];
    if (next !== undefined) found.push(...narrowings(schema, next, `${path}.${name}`));
    else if (!keepsUnknown) found.push(`${path}.${name} is removed: its values would be pruned`);
  }
  if (isSchema(before.items) && isSchema(after.items))
    found.push(...narrowings(before.items, after.items, `${path}[]`));
  return found;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}

/** How CRDs are changed. */
export interface CrdUpgradeOptions {
  readonly chart: Chart;
  /** Say which subcharts are switched on. */
  readonly values?: Table;
  /** Changes with dangers are made, too. */
  readonly insist?: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Creates and changes the CRDs of a chart and waits until they are established. Throws a ReleaseError that names every danger. */
export async function upgradeCrds(context: ReleaseContext, options: CrdUpgradeOptions): Promise<CrdReview[]> {
  const reviewed = await reviewAll(context, options.chart, options.values ?? new Map());
  const dangers = reviewed.flatMap(({ review }) => review.dangers.map((danger) => `${review.name}: ${danger}`));
  if (dangers.length > 0 && options.insist !== true)
    throw new ReleaseError(`the CRDs were left as they are:\n${dangers.map((danger) => `  - ${danger}\n`).join('')}`);
  const changing = reviewed.filter(({ review }) => review.action !== 'unchanged').map(({ object }) => object);
  for (const object of changing) await applyObject(context, object, { forceConflicts: true });
  await waitForReady(context, changing, { timeoutMs: options.timeoutMs, jobs: 'ignore', signal: options.signal });
  context.resources.forget();
  return reviewed.map(({ review }) => review);
}
