import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Table, type TableOptions, TablePrinter } from '#cmd/objects/table.ts';

const table: Table = {
  kind: 'Table',
  columnDefinitions: [{ name: 'Name' }, { name: 'Ready' }, { name: 'Node', priority: 1 }],
  rows: [
    {
      cells: ['web', '1/1', 'a'],
      object: { metadata: { name: 'web', namespace: 'default', labels: { tier: 'front', app: 'web' } } },
    },
    { cells: ['database-0', 'two\nlines', null], object: { metadata: { name: 'database-0', namespace: 'data' } } },
  ],
};
const plain: TableOptions = {
  isWide: false,
  showsNamespace: false,
  showsLabels: false,
  labelColumns: [],
  showsHeaders: true,
  kindPrefix: undefined,
};

const cases: readonly [string, Partial<TableOptions>, string][] = [
  ['columns of the first priority', {}, 'NAME         READY\nweb          1/1\ndatabase-0   two...\n'],
  ['no headers', { showsHeaders: false }, 'web          1/1\ndatabase-0   two...\n'],
  [
    'all columns',
    { isWide: true },
    'NAME         READY    NODE\nweb          1/1      a\ndatabase-0   two...   <none>\n',
  ],
  [
    'the namespace first',
    { showsNamespace: true },
    'NAMESPACE   NAME         READY\ndefault     web          1/1\ndata        database-0   two...\n',
  ],
  [
    'labels last, in order',
    { showsLabels: true, labelColumns: ['app'] },
    'NAME         READY    APP   LABELS\nweb          1/1      web   app=web,tier=front\ndatabase-0   two...         <none>\n',
  ],
  [
    'the kind before names',
    { kindPrefix: 'pod' },
    'NAME             READY\npod/web          1/1\npod/database-0   two...\n',
  ],
];
for (const [title, options, expected] of cases) {
  test(`a table shows ${title}`, () => {
    assert.equal(new TablePrinter({ ...plain, ...options }).print(table), expected);
  });
}

test('a watch prints headers once and keeps the widths it has', () => {
  const printer = new TablePrinter(plain);
  printer.print(table);
  assert.equal(printer.print({ kind: 'Table', rows: [{ cells: ['web', '0/1', 'a'] }] }), 'web          0/1\n');
});
