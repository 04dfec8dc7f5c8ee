/**
 * Tables as Helm prints them: cells padded to the width of their column, the last one too, with a tab between; a cell wider
 * than the limit is cut and ends in three dots.
 */

/** How a table is laid out. */
export interface TableLayout {
  /** The widest that a column may be; 0 sets no limit. */
  readonly maxWidth: number;
}

/** The lines of a table, each ending in a line break. */
export function tableText(rows: readonly (readonly string[])[], layout: TableLayout = { maxWidth: 0 }): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) {
      const width = Math.max(...cell.split('\n').map(displayWidth));
      const limited = layout.maxWidth > 0 ? Math.min(width, layout.maxWidth) : width;
      widths[column] = Math.max(widths[column] ?? 0, limited);
    }
  return rows.map((row) => `${rowText(row, widths)}\n`).join('');
}

/** A cell of several lines takes several lines of the table; it is cut as a whole before, as in Helm's library. */
function rowText(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, column) => fit(cell, widths[column] ?? 0).split('\n'));
  const height = Math.max(0, ...cells.map((lines) => lines.length));
  const lines = Array.from({ length: height }, (_, line) =>
    cells.map((cell, column) => fit(cell[line] ?? '', widths[column] ?? 0)).join('\t'),
  );
  return lines.join('\n');
}

function fit(text: string, width: number): string {
  const own = displayWidth(text);
  if (width === 0 || own === width) return text;
  if (own < width) return text + ' '.repeat(width - own);
  let cut = '';
  let used = 0;
  for (const char of text) {
    cut += char;
    const size = displayWidth(char);
    if (used + size >= width - 3) break;
    used += size;
  }
  return `${cut}...`;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal a text takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (char < ' ' || /[\p{Mn}\p{Me}\p{Cf}]/u.test(char)) continue;
    width += wide.test(char) ? 2 : 1;
  }
  return width;
}
