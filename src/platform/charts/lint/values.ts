/** Rules for values.yaml. */
import type { LintInput, Report } from '#platform/charts/lint/input.ts';
import { textOf } from '#platform/charts/lint/input.ts';
import { parseValues } from '#platform/charts/load.ts';
import { documentsIn } from '#platform/charts/schema-documents.ts';
import { schemaFailures } from '#platform/charts/schema.ts';
import { coalesceTables } from '#platform/charts/values/coalesce.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { copyTable } from '#platform/charts/values/table.ts';

const path = 'values.yaml';

/** values.yaml is there, can be read, and keeps to the chart's own schema together with the user's values. */
export function lintValues(input: LintInput, report: Report): void {
  const text = textOf(input.file(path));
  if (!report('INFO', path, text === undefined ? 'file does not exist' : undefined) || text === undefined) return;
  report('ERROR', path, valuesFailure(text, input));
}

function valuesFailure(text: string, input: LintInput): string | undefined {
  let defaults: Table;
  try {
    defaults = parseValues(text, 'unable to parse YAML');
  } catch (error) {
    return (error as Error).message;
  }
  const schema = input.file('values.schema.json');
  if (schema === undefined || schema.length === 0) return undefined;
  const values = coalesceTables(copyTable(input.values), defaults, { mode: 'coalesce', warn: input.warn });
  return (
    schemaFailures(
      schema,
      values,
      documentsIn((name) => input.file(name)),
    ) || undefined
  );
}
