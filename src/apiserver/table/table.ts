/**
 * Tables: what `kubectl get` prints. Column definitions are made once per resource, the cells of a version once, except
 * those that tell the time: a version keeps its row in pieces, `"web","1/1",` as text and its age as a moment.
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
}

/** A piece of a row's JSON: text, the age since a moment in milliseconds, or a column that has to be asked each time. */
type Piece = string | number | Column<KubeObject>;

/** What a version keeps. */
interface Row {
  readonly layout: TableLayout;
  readonly pieces: readonly Piece[];
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
    layout = { definitions: JSON.stringify(columns.map(definitionOf)), columns };
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

/** Later than anything a column could still call recent. */
const yearsMs = 20 * 365 * 24 * 3_600_000;

type Shown = DeepReadonly<KubeObject>;

function cellText(column: Column<KubeObject>, object: Shown, nowMs: number): string {
  if (isAge(column)) return JSON.stringify(formatAge(object.metadata.creationTimestamp, nowMs));
  return JSON.stringify(column.value(object, nowMs));
}

/** `<unknown>` for an absent time. */
function formatAge(time: string | undefined, nowMs: number): string {
  return time === undefined ? '<unknown>' : humanDuration(nowMs - Date.parse(time));
}

/** The cells of a row as JSON: `"web",1,"5d"`. `version` undefined: nothing is kept. */
export function rowCells(
  layout: TableLayout,
  object: () => Shown,
  version: Version | undefined,
  nowMs: number,
): string {
  const { pieces } = version === undefined ? makeRow(layout, object(), nowMs) : rowOf(layout, object, version, nowMs);
  let text = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece;
    else if (typeof piece === 'number') text += `"${humanDuration(nowMs - piece)}"`;
    else text += cellText(piece, object(), nowMs);
  }
  return text;
}

function rowOf(layout: TableLayout, object: () => Shown, version: Version, nowMs: number): Row {
  const { memo } = version;
  const known = memo.row as Row | undefined;
  if (known?.layout === layout) return known;
  const row = makeRow(layout, object(), nowMs);
  memo.row = row;
  return row;
}

function makeRow(layout: TableLayout, object: Shown, nowMs: number): Row {
  const pieces: Piece[] = [];
  let text = '';
  layout.columns.forEach((column, i) => {
    if (i > 0) text += ',';
    const piece = pieceOf(column, object, nowMs);
    if (typeof piece === 'string') text += piece;
    else {
      if (text !== '') pieces.push(text);
      pieces.push(piece);
      text = '';
    }
  });
  if (text !== '') pieces.push(text);
  return { layout, pieces };
}

function pieceOf(column: Column<KubeObject>, object: Shown, nowMs: number): Piece {
  if (isAge(column)) {
    const createdMs = Date.parse(object.metadata.creationTimestamp ?? '');
    return Number.isNaN(createdMs) ? cellText(column, object, nowMs) : createdMs;
  }
  const text = cellText(column, object, nowMs);
  // Most pods' restarts, say, have no time to tell: what reads the same in twenty years is text.
  if (column.value.length > 1 && cellText(column, object, nowMs + yearsMs) !== text) return column;
  return text;
}

/** The query parameter of Tables. Throws 400. */
export function includeObject(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  const error = fieldError.invalid('includeObject', value, "must be 'Metadata', 'Object', 'None', or empty");
  throw badRequest(`Unable to convert to Table as requested: includeObject: ${fieldErrorBody(error)}`);
}
