/**
 * Tables as kubectl prints them: columns padded to the widest cell plus three spaces, six at least; the last one as it is.
 * A watch keeps the widths it has.
 */

/** The server's answer to `as=Table`. */
export interface Table {
  readonly kind: 'Table';
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly columnDefinitions?: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows?: readonly {
    readonly cells: readonly unknown[];
    readonly object?: {
      readonly metadata?: {
        readonly name?: string;
        readonly namespace?: string;
        readonly labels?: Record<string, string>;
      };
    };
  }[];
}

export interface TableOptions {
  readonly isWide: boolean;
  readonly showsNamespace: boolean;
  readonly showsLabels: boolean;
  readonly labelColumns: readonly string[];
  readonly showsHeaders: boolean;
  /** `deployment.apps`: stands before each name. */
  readonly kindPrefix: string | undefined;
}

const leastWidth = 6;
const padding = 3;

/** Invariant: the widths only grow. */
export class TablePrinter {
  readonly #options: TableOptions;
  readonly #widths: number[] = [];
  #columns: readonly { readonly name: string; readonly priority?: number }[] = [];

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** The lines of a table. Later tables of a watch may leave out the columns and are printed without headers. */
  print(table: Table): string {
    const isFirst = this.#columns.length === 0;
    if ((table.columnDefinitions?.length ?? 0) > 0) this.#columns = table.columnDefinitions ?? [];
    const shown = this.#columns.flatMap(({ priority = 0 }, index) =>
      priority === 0 || this.#options.isWide ? [index] : [],
    );
    const rows = (table.rows ?? []).map((row) => this.#cells(row, shown));
    if (isFirst && this.#options.showsHeaders) rows.unshift(this.#headers(shown));
    for (const cells of rows)
      for (const [index, cell] of cells.entries())
        this.#widths[index] = Math.max(this.#widths[index] ?? leastWidth, [...cell].length + padding);
    return rows.map((cells) => `${this.#line(cells)}\n`).join('');
  }

  #headers(shown: readonly number[]): string[] {
    const { showsNamespace, showsLabels, labelColumns } = this.#options;
    return [
      ...(showsNamespace ? ['NAMESPACE'] : []),
      ...shown.map((index) => this.#columns[index]?.name.toUpperCase() ?? ''),
      ...labelColumns.map((label) => label.slice(label.lastIndexOf('/') + 1).toUpperCase()),
      ...(showsLabels ? ['LABELS'] : []),
    ];
  }

  #cells(row: NonNullable<Table['rows']>[number], shown: readonly number[]): string[] {
    const { showsNamespace, showsLabels, labelColumns, kindPrefix } = this.#options;
    const { namespace, labels = {} } = row.object?.metadata ?? {};
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return [
      ...(showsNamespace ? [namespace ?? ''] : []),
      ...shown.map((index) => {
        const text = cellText(row.cells[index]);
        return index === 0 && kindPrefix !== undefined ? `${kindPrefix}/${text}` : text;
      }),
      ...labelColumns.map((label) => labels[label] ?? ''),
      ...(showsLabels ? [pairs.length === 0 ? '<none>' : pairs.sort().join(',')] : []),
    ];
  }

  #line(cells: readonly string[]): string {
    return cells
      .map((cell, index) =>
        index === cells.length - 1 ? cell : cell + ' '.repeat((this.#widths[index] ?? 0) - [...cell].length),
      )
      .join('');
  }
}

/** Of several lines the first, and a sign that there is more. */
function cellText(cell: unknown): string {
  const text = cell === null || cell === undefined ? '<none>' : String(cell);
  const end = text.search(/[\f\n\r]/);
  return end < 0 ? text : `${text.slice(0, end)}...`;
}

/** Rows of texts with a header, in the same layout (custom columns). */
export function printRows(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? leastWidth, [...cell].length + padding);
  return rows
    .map((row) => {
      const cells = row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)));
      return `${cells.join('')}\n`;
    })
    .join('');
}
