/**
 * values.schema.json: a first look (schema-accept.ts) finds most values right; for the others the validator is loaded, and
 * finds the words.
 */
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { lookAtValue } from '#platform/charts/schema-accept.ts';
import type { SchemaDocuments } from '#platform/charts/schema-documents.ts';
import { documentsOf } from '#platform/charts/schema-documents.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { goTypeName, isTable, plainOf } from '#platform/charts/values/table.ts';

const decoder = new TextDecoder();

/** A schema needs the validator, and it is not loaded: await {@link loadValidator} and begin again. */
export class ValidatorNeeded extends Error {
  override name = 'ValidatorNeeded';
}

type Validator = typeof import('#platform/charts/schema-validator.ts');
let validator: Validator | undefined;

/** Loads the validator for this process. */
export async function loadValidator(): Promise<void> {
  validator ??= await import('#platform/charts/schema-validator.ts');
}

/** Runs work that validates; should it need the validator, that is loaded, and the work runs again. */
export async function withValidator<T>(work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ValidatorNeeded)) throw error;
    await loadValidator();
    return work();
  }
}

/**
 * Checks the values of a chart and its subcharts. Throws {@link ChartError} that lists every
 * chart's failures, or {@link ValidatorNeeded}.
 */
export function validateValues(chart: Chart, values: Table): void {
  const failures = chartFailures(chart, values);
  if (failures === '') return;
  throw new ChartError(`values don't meet the specifications of the schema(s) in the following chart(s):\n${failures}`);
}

function chartFailures(chart: Chart, values: Table): string {
  let text = '';
  if (chart.schema !== undefined) {
    const failures = schemaFailures(chart.schema, values, documentsOf(chart));
    if (failures !== '') text += `${chart.metadata.name}:\n${failures}`;
  }
  for (const subchart of chart.dependencies) {
    const { name } = subchart.metadata;
    const own = values.get(name);
    if (own === undefined || own === null) continue;
    if (isTable(own)) text += chartFailures(subchart, own);
    else text += `${name}:\ninvalid type for values: expected object (map), got ${goTypeName(own)}\n`;
  }
  return text;
}

/** A line per failure of one schema; empty if the values keep to it. Throws {@link ValidatorNeeded}. */
export function schemaFailures(schema: Uint8Array, values: Table, documents: SchemaDocuments): string {
  // Compiling a schema for one value costs more than a look, even where the validator is loaded.
  if (firstLook(schema, values) === 'right') return '';
  if (validator === undefined) throw new ValidatorNeeded();
  return validator.validatorFailures(schema, values, documents);
}

function firstLook(schema: Uint8Array, values: Table): 'right' | 'wrong' | 'unsure' {
  try {
    return lookAtValue(JSON.parse(decoder.decode(schema)), plainOf(values));
  } catch {
    return 'unsure';
  }
}
