/** What the rules of `helm lint` look at, and what they report. */
import type { FunctionTable } from '#lang/gotemplate/value.ts';
import type { Capabilities } from '#platform/charts/capabilities.ts';
import type { Chart, ChartFile } from '#platform/charts/chart.ts';
import type { Table } from '#platform/charts/values/table.ts';

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

/** The text of a file; undefined if it is not there. */
export function textOf(file: ChartFile['data'] | undefined): string | undefined {
  return file === undefined ? undefined : new TextDecoder().decode(file);
}
