/**
 * Tables: what `kubectl get` prints. Column definitions are made once per resource; the cells of a version once, except
 * those that tell the time (Age, and columns whose `value` declares its second parameter).
 */
import { humanDuration } from '#base/human-duration.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { KubeObject } from '#api/object.ts';
import type { Column, Resource } from '#api/resource.ts';
import type { Version } from '#storage/version.ts';
import { badRequest, fieldError, fieldErrorBody } from '#api/status.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** The tabular form of one resource. */
export interface TableLayout {
  /** JSON of columnDefinitions. */
  readonly definitions: string;
  readonly columns: readonly Column<KubeObject>[];
  /** Cells by version, as JSON; undefined where they depend on the time. */
  readonly cells: WeakMap<Version, readonly (string | undefined)[]>;
}

const nameColumn: Column<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  value: (object) => object.metadata.name ?? '',
};
/** Kinds that say nothing of columns. */
const createdAtColumn: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  value: (object) => object.metadata.creationTimestamp ?? '',
};

const layouts = new WeakMap<Resource, TableLayout>();

export function tableLayout(resource: Resource): TableLayout {
  let layout = layouts.get(resource);
  if (layout === undefined) {
    const own = (resource.columns ?? [createdAtColumn]) as readonly Column<KubeObject>[];
    // Events have their name further back.
    const columns = own.some((column) => column.format === 'name') ? own : [nameColumn, ...own];
    layout = { definitions: JSON.stringify(columns.map(definitionOf)), columns, cells: new WeakMap() };
    layouts.set(resource, layout);
  }
  return layout;
}

function definitionOf(column: Column<KubeObject>): object {
  return {
    name: column.name,
    type: column.type,
    format: isAge(column) ? '' : (column.format ?? ''),
    description: '',
    priority: column.priority ?? 0,
  };
}

function isAge(column: Column<KubeObject>): boolean {
  return column.format === 'age';
}

function dependsOnTime(column: Column<KubeObject>): boolean {
  return isAge(column) || column.value.length > 1;
}

type Shown = DeepReadonly<KubeObject>;

function cellText(column: Column<KubeObject>, object: Shown, nowMs: number): string {
  if (isAge(column)) return JSON.stringify(formatAge(object.metadata.creationTimestamp, nowMs));
  return JSON.stringify(column.value(object, nowMs));
}

/** `<unknown>` for an absent time. */
function formatAge(time: string | undefined, nowMs: number): string {
  return time === undefined ? '<unknown>' : humanDuration(nowMs - Date.parse(time));
}

/** The cells of a row as JSON: `"web",1,"5d"`. `version` undefined: nothing is cached. */
export function rowCells(
  layout: TableLayout,
  object: () => Shown,
  version: Version | undefined,
  nowMs: number,
): string {
  const cached = version === undefined ? undefined : cachedCells(layout, object, version);
  let text = '';
  for (let i = 0; i < layout.columns.length; i++) {
    const cell = cached?.[i] ?? cellText(layout.columns[i] as Column<KubeObject>, object(), nowMs);
    text += i === 0 ? cell : `,${cell}`;
  }
  return text;
}

function cachedCells(layout: TableLayout, object: () => Shown, version: Version): readonly (string | undefined)[] {
  let cells = layout.cells.get(version);
  if (cells === undefined) {
    cells = layout.columns.map((column) => (dependsOnTime(column) ? undefined : cellText(column, object(), 0)));
    layout.cells.set(version, cells);
  }
  return cells;
}

/** The query parameter of Tables. Throws 400. */
export function includeObject(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  const error = fieldError.invalid('includeObject', value, "must be 'Metadata', 'Object', 'None', or empty");
  throw badRequest(`Unable to convert to Table as requested: includeObject: ${fieldErrorBody(error)}`);
}
