/** `helm show values --jsonpath`: a chart's default values through a JSONPath template. */
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { JsonPathError, parseTemplate } from '#lang/jsonpath/template.ts';
import { printJsonPath } from '#lang/jsonpath/evaluate.ts';
import { plainOf } from '#platform/charts/values/table.ts';

/** What the template finds. Throws {@link ChartError} for a template that cannot be read; missing keys print nothing. */
export function valuesAt(chart: Chart, template: string): string {
  try {
    parseTemplate(template);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw new ChartError(`error parsing jsonpath ${template}: ${error.message}`);
  }
  try {
    return printJsonPath(template, plainOf(chart.values));
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return '';
  }
}
