/**
 * `helm lint`: a chart's files against Helm's rules. The chart is judged as it lies on the disk, so a chart that cannot be
 * loaded still gets its messages.
 */
import type { Capabilities } from '#platform/charts/capabilities.ts';
import type { Chart, ChartFile } from '#platform/charts/chart.ts';
import { lintChartYaml } from '#platform/charts/lint/chart-yaml.ts';
import { lintDependencies } from '#platform/charts/lint/dependencies.ts';
import { lintTemplates } from '#platform/charts/lint/templates.ts';
import { lintValues } from '#platform/charts/lint/values.ts';
import type { Table } from '#platform/charts/values/table.ts';
import type { FunctionTable } from '#lang/gotemplate/value.ts';

/** How bad a finding is. */
export type Severity = 'INFO' | 'WARNING' | 'ERROR';

/** One finding; the path is a file's below the chart, or empty. */
export interface LintMessage {
  readonly severity: Severity;
  readonly path: string;
  readonly text: string;
}

/** What the rules look at. */
export interface LintInput {
  /** The chart's folder as messages name it. */
  readonly folder: string;
  /** A file of the folder by its name, `.helmignore` aside; undefined if it is not there. */
  file(name: string): Uint8Array | undefined;
  /** Whether `templates` is there and no folder. */
  readonly templatesIsFile: boolean;
  /** Loads the chart; rejects with the reason. */
  load(): Promise<Chart>;
  readonly values: Table;
  readonly namespace: string;
  readonly capabilities: Capabilities;
  readonly schemas: 'check' | 'skip';
  readonly functions: FunctionTable;
  warn(message: string): void;
}

/** A function that takes a finding unless there is none. */
export type Report = (severity: Severity, path: string, text: string | undefined) => boolean;

/** All findings in the order of Helm's rules. */
export async function lintChart(input: LintInput): Promise<LintMessage[]> {
  const messages: LintMessage[] = [];
  const report: Report = (severity, path, text) => {
    if (text !== undefined) messages.push({ severity, path, text });
    return text === undefined;
  };
  lintChartYaml(input, report);
  lintValues(input, report);
  await lintTemplates(input, report);
  await lintDependencies(input, report);
  return messages;
}

/** The text of a file; undefined if it is not there. */
export function textOf(file: ChartFile['data'] | undefined): string | undefined {
  return file === undefined ? undefined : new TextDecoder().decode(file);
}
