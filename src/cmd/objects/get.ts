/** `wheelhouse get`: tables made by the server, or objects in the form of `-o`; `-w` goes on with what changes. */
import type { HasMetadata } from '#api/object.ts';
import { resourcePath } from '#api/resource-ref.ts';
import { isNotFound, StatusError } from '#api/status.ts';
import type { RawRequest } from '#client/client.ts';
import { readBody } from '#client/response-body.ts';
import { watchEvents } from '#client/watch-stream.ts';
import { Failure, showHint } from '#cmd/failure.ts';
import { apiResources, kindName } from '#cmd/objects/api-resources.ts';
import {
  type Connection,
  type ConnectionFlags,
  Refusal,
  refusalText,
  withConnection,
} from '#cmd/objects/connection.ts';
import { hintOfRefusal, hintOfTable } from '#cmd/objects/hints.ts';
import { listOf, type ObjectPrinter, objectPrinter } from '#cmd/objects/output.ts';
import { type Table, type TableOptions, TablePrinter } from '#cmd/objects/table.ts';
import { type Target, targetsOf } from '#cmd/objects/targets.ts';

export interface GetFlags extends ConnectionFlags {
  readonly allNamespaces: boolean;
  readonly output?: string;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly labelColumns?: string;
  readonly watch: boolean;
  readonly watchOnly: boolean;
  readonly noHeaders: boolean;
  readonly showLabels: boolean;
  readonly showKind: boolean;
  readonly showManagedFields: boolean;
  readonly ignoreNotFound: boolean;
}

const pageSize = 500;
const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export function get(flags: GetFlags, words: readonly string[]): Promise<void> {
  const printer = objectPrinter(flags.output, {
    showsManagedFields: flags.showManagedFields,
    showsHeaders: !flags.noHeaders,
  });
  return withConnection(flags, async (connection) => {
    if (words.length === 0) throw new Failure('Required resource not specified: wheelhouse get pods, for example');
    const targets = targetsOf(await apiResources(connection.client), words);
    const reading = new Reading(connection, flags);
    if (flags.watch || flags.watchOnly) return watch(reading, targets, printer);
    return printer === undefined ? getTables(reading, targets) : getObjects(reading, targets, printer);
  });
}

/** What the flags ask for, as requests. */
class Reading {
  readonly connection: Connection;
  readonly flags: GetFlags;
  /** Of the first refusal. */
  hint: string | undefined;

  constructor(connection: Connection, flags: GetFlags) {
    this.connection = connection;
    this.flags = flags;
  }

  path({ resource, names }: Target, name?: string): string {
    if (names !== undefined && this.flags.allNamespaces && resource.namespaced)
      throw new Failure('a resource cannot be retrieved by name across all namespaces');
    return resourcePath(resource, this.flags.allNamespaces ? undefined : this.connection.namespace, name);
  }

  query(more: Readonly<Record<string, string | undefined>>): string {
    const { selector, fieldSelector } = this.flags;
    const all = { labelSelector: selector, fieldSelector, ...more };
    return Object.entries(all)
      .flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`]))
      .join('&');
  }

  async json<T>(request: Omit<RawRequest, 'method'>): Promise<T> {
    const response = await this.connection.client.request({ method: 'GET', ...request });
    return JSON.parse(new TextDecoder().decode(await readBody(response))) as T;
  }

  tableOptions(target: Target, showsKind: boolean): TableOptions {
    const { flags } = this;
    return {
      isWide: flags.output === 'wide',
      showsNamespace: flags.allNamespaces && target.resource.namespaced,
      showsLabels: flags.showLabels,
      labelColumns: (flags.labelColumns ?? '').split(',').filter((label) => label !== ''),
      showsHeaders: !flags.noHeaders,
      kindPrefix: showsKind || flags.showKind ? kindName(target.resource) : undefined,
    };
  }

  nothingFound(targets: readonly Target[]): void {
    if (this.flags.ignoreNotFound) return;
    const isScoped = !this.flags.allNamespaces && targets.some(({ resource }) => resource.namespaced);
    process.stderr.write(
      `No resources found${isScoped ? ` in ${this.connection.namespace} namespace` : ''}${isScoped ? '.' : ''}\n`,
    );
  }
}

async function getTables(reading: Reading, targets: readonly Target[]): Promise<void> {
  const refusals: string[] = [];
  const texts: string[] = [];
  const hints: string[] = [];
  await inOrder(targets, async (target) => {
    const table = await tableOf(reading, target, refusals);
    return () => {
      if ((table.rows?.length ?? 0) === 0) return;
      texts.push(new TablePrinter(reading.tableOptions(target, targets.length > 1)).print(table));
      hints.push(...hintOfTable(table, target.resource));
    };
  });
  process.stdout.write(texts.join('\n'));
  if (texts.length === 0 && refusals.length === 0) reading.nothingFound(targets);
  if (refusals.length > 0) throw new Refusal(refusals.join('\n'), 1, reading.hint);
  showHint(hints[0]);
}

/** Asks for all at once and goes on in the order given. */
async function inOrder<T>(items: readonly T[], ask: (item: T) => Promise<() => void>): Promise<void> {
  for (const proceed of await Promise.all(items.map(ask))) proceed();
}

async function tableOf(reading: Reading, target: Target, refusals: string[]): Promise<Table> {
  if (target.names === undefined) return pagesOf(reading, reading.path(target));
  const rows: NonNullable<Table['rows']>[number][] = [];
  let columns: Table['columnDefinitions'] = [];
  for (const name of target.names) {
    const table = await reading
      .json<Table>({ path: reading.path(target, name), headers: { accept: tableAccept } })
      .catch((error: unknown) => collectRefusal(error, reading, refusals));
    if (table === undefined) continue;
    columns = asTable(table).columnDefinitions ?? [];
    rows.push(...(asTable(table).rows ?? []));
  }
  return { kind: 'Table', columnDefinitions: columns, rows };
}

function collectRefusal(error: unknown, reading: Reading, refusals: string[]): undefined {
  if (!(error instanceof StatusError)) throw error;
  if (isNotFound(error) && reading.flags.ignoreNotFound) return;
  refusals.push(refusalText(error));
  reading.hint ??= hintOfRefusal(error);
}

async function pagesOf(reading: Reading, path: string): Promise<Table> {
  const rows: NonNullable<Table['rows']>[number][] = [];
  for (let next: string | undefined; ; ) {
    const query = reading.query({ limit: String(pageSize), continue: next });
    const page = asTable(await reading.json<Table>({ path, query, headers: { accept: tableAccept } }));
    rows.push(...(page.rows ?? []));
    next = page.metadata?.continue;
    if (next === undefined || next === '') return { ...page, rows };
  }
}

/** Of a server that makes no tables for a kind: names only. */
function asTable(answer: Table | (HasMetadata & { items?: readonly HasMetadata[] })): Table {
  if (answer.kind === 'Table') return answer as Table;
  const objects = (answer as { items?: readonly HasMetadata[] }).items ?? [answer as HasMetadata];
  return {
    kind: 'Table',
    metadata: (answer.metadata ?? {}) as NonNullable<Table['metadata']>,
    columnDefinitions: [{ name: 'Name' }],
    rows: objects.map((object) => ({ cells: [object.metadata.name], object: object as never })),
  };
}

async function getObjects(reading: Reading, targets: readonly Target[], printer: ObjectPrinter): Promise<void> {
  const items: HasMetadata[] = [];
  const refusals: string[] = [];
  for (const target of targets) items.push(...(await objectsOf(reading, target, refusals)));
  const isSingle = targets.length === 1 && targets[0]?.names?.length === 1;
  if (!isSingle) process.stdout.write(printer(listOf(items, 'always')));
  else if (items.length > 0) process.stdout.write(printer(listOf(items)));
  if (refusals.length > 0) throw new Refusal(refusals.join('\n'), 1, reading.hint);
}

async function objectsOf(reading: Reading, target: Target, refusals: string[]): Promise<HasMetadata[]> {
  if (target.names === undefined) {
    const list = await reading.json<HasMetadata & { items: HasMetadata[] }>({
      path: reading.path(target),
      query: reading.query({}),
    });
    const kind = (list.kind ?? '').replace(/List$/, '');
    return list.items.map((item) => ({ apiVersion: list.apiVersion as string, kind, ...item }));
  }
  const found = await Promise.all(
    target.names.map((name) =>
      reading
        .json<HasMetadata>({ path: reading.path(target, name) })
        .catch((error: unknown) => collectRefusal(error, reading, refusals)),
    ),
  );
  return found.filter((object) => object !== undefined);
}

/** Prints what is there, then each change; ends when the server ends the watch or the user does. */
async function watch(reading: Reading, targets: readonly Target[], printer: ObjectPrinter | undefined): Promise<void> {
  const [target] = targets;
  if (target === undefined || targets.length > 1 || (target.names?.length ?? 0) > 1)
    throw new Failure('you may only specify a single resource type');
  const [name] = target.names ?? [];
  const path = resourcePath(target.resource, reading.flags.allNamespaces ? undefined : reading.connection.namespace);
  const only = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
  const headers = { accept: printer === undefined ? tableAccept : 'application/json' };
  const table = new TablePrinter(reading.tableOptions(target, false));
  const show = (object: HasMetadata | Table): string =>
    printer === undefined ? table.print(asTable(object as Table)) : documentOf(printer(object as HasMetadata), reading);
  const first = await reading.json<Table & { items?: HasMetadata[] }>({ path, query: reading.query(only), headers });
  if (name !== undefined && (first.rows ?? first.items ?? []).length === 0)
    await reading.json({ path: reading.path(target, name) });
  if (!reading.flags.watchOnly) {
    if (printer === undefined) process.stdout.write((first.rows?.length ?? 0) === 0 ? '' : show(first));
    else for (const item of await objectsOf(reading, target, [])) process.stdout.write(show(item));
  }
  const query = reading.query({ ...only, watch: 'true', resourceVersion: first.metadata?.resourceVersion });
  const events = watchEvents<HasMetadata>((signal) =>
    reading.connection.client.request({ method: 'GET', path, query, headers, signal }),
  );
  for await (const { type, object } of events) if (type !== 'BOOKMARK') process.stdout.write(show(object));
}

function documentOf(text: string, reading: Reading): string {
  return reading.flags.output === 'yaml' ? `---\n${text}` : text;
}
