/** The forms of `-o` that print objects: json, yaml, name, jsonpath=…, custom-columns=…; kubectl's bytes. */
import { readFileSync } from 'node:fs';
import { findResults, printed, printJsonPath } from '#lang/jsonpath/evaluate.ts';
import { JsonPathError, parseTemplate, relaxedExpression } from '#lang/jsonpath/template.ts';
import { printYaml } from '#lang/yaml/print.ts';
import type { HasMetadata } from '#api/object.ts';
import { Failure } from '#cmd/failure.ts';
import { kindName } from '#cmd/objects/api-resources.ts';
import { printRows } from '#cmd/objects/table.ts';

/** Prints one object, or the List that stands for several. */
export type ObjectPrinter = (object: HasMetadata) => string;

type List = HasMetadata & { readonly items?: readonly HasMetadata[] };

export interface OutputOptions {
  readonly showsManagedFields: boolean;
  readonly showsHeaders: boolean;
}

/** Undefined: a table is wanted (no form, or `wide`). Throws for what is no form. */
export function objectPrinter(form: string | undefined, options: OutputOptions): ObjectPrinter | undefined {
  if (form === undefined || form === '' || form === 'wide') return undefined;
  const [name = '', argument] = splitOnce(form);
  const prepared = (object: HasMetadata): HasMetadata => (options.showsManagedFields ? object : withoutManaged(object));
  switch (name) {
    case 'json':
      return (object) => `${goJson(prepared(object), 4)}\n`;
    case 'yaml':
      return (object) => printYaml(prepared(object));
    case 'name':
      return (object) =>
        itemsOf(object)
          .map((item) => `${nameOf(item)}\n`)
          .join('');
    case 'jsonpath':
    case 'jsonpath-file':
      return jsonPathPrinter(name === 'jsonpath' ? argument : contentOf(argument));
    case 'custom-columns':
    case 'custom-columns-file':
      return columnsPrinter(columnsOf(name, argument), options);
    default:
      throw new Failure(
        `unable to match a printer suitable for the output format "${form}", allowed formats are: custom-columns,custom-columns-file,json,jsonpath,jsonpath-file,name,wide,yaml`,
      );
  }
}

/** The one object, or the List that several are printed as. */
export function listOf(items: readonly HasMetadata[], list?: 'always'): HasMetadata {
  const [only] = items;
  if (only !== undefined && items.length === 1 && list === undefined) return only;
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } } as HasMetadata;
}

/** `pod/web`, `deployment.apps/web`. */
export function nameOf(object: HasMetadata): string {
  const [group = '', version] = (object.apiVersion ?? '').split('/');
  return `${kindName({ kind: object.kind ?? '', group: version === undefined ? '' : group })}/${object.metadata.name}`;
}

/** Go's JSON: fields in order, `<`, `>` and `&` escaped. */
export function goJson(value: unknown, indent: number): string {
  return JSON.stringify(sorted(value), undefined, indent).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]));
}

function splitOnce(form: string): [string, string | undefined] {
  const at = form.indexOf('=');
  return at < 0 ? [form, undefined] : [form.slice(0, at), form.slice(at + 1)];
}

function contentOf(path: string | undefined): string {
  return path === undefined ? '' : readFileSync(path, 'utf8');
}

function itemsOf(object: List): readonly HasMetadata[] {
  return object.kind?.endsWith('List') === true && object.items !== undefined ? object.items : [object];
}

function withoutManaged(object: List): HasMetadata {
  const { managedFields: _managed, ...metadata } = object.metadata ?? {};
  return {
    ...object,
    metadata,
    ...(object.items === undefined ? {} : { items: object.items.map(withoutManaged) }),
  } as HasMetadata;
}

function jsonPathPrinter(template: string | undefined): ObjectPrinter {
  if (template === undefined || template === '') throw new Failure('template format specified but no template given');
  return (object) => {
    try {
      return printJsonPath(template, object, { allowMissingKeys: true });
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      throw new Failure(`error executing jsonpath "${template}": ${error.message}`);
    }
  };
}

interface Column {
  readonly header: string;
  readonly path: string;
}

function columnsOf(form: string, argument: string | undefined): Column[] {
  if (argument === undefined || argument === '')
    throw new Failure('custom-columns format specified but no custom columns given');
  if (form === 'custom-columns-file') {
    const [headers = [], paths = []] = contentOf(argument)
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    return headers.map((header, index) => ({ header, path: paths[index] ?? '' }));
  }
  return argument.split(',').map((column) => {
    const at = column.indexOf(':');
    if (at < 0) throw new Failure(`unexpected custom-columns spec: ${column}, expected <header>:<json-path-expr>`);
    return { header: column.slice(0, at), path: column.slice(at + 1) };
  });
}

function columnsPrinter(columns: readonly Column[], { showsHeaders }: OutputOptions): ObjectPrinter {
  const paths = columns.map(({ path }) => parseTemplate(relaxedExpression(path)));
  return (object) => {
    const rows = itemsOf(object).map((item) =>
      paths.map((parts) => {
        const found = findResults(parts, item, { allowMissingKeys: true }).flat();
        return found.length === 0 ? '<none>' : found.map(printed).join(',');
      }),
    );
    return printRows(showsHeaders ? [columns.map(({ header }) => header), ...rows] : rows);
  };
}
