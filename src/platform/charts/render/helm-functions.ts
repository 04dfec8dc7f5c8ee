/** The functions that depend on how Helm was called: required, fail, lookup, getHostByName. */
import type { FunctionTable, GoFunction, GoValue } from '#lang/gotemplate/value.ts';
import { CallError, fn, newMap } from '#lang/gotemplate/value.ts';

/** Answers `lookup`: an object, a list (empty name), or an empty map for what is not there. */
export type Lookup = (apiVersion: string, kind: string, namespace: string, name: string) => GoValue;

/** How templates may reach out of the chart. */
export interface FunctionOptions {
  /** Everything that does not depend on the call: sprig, toYaml, include, … */
  readonly base: FunctionTable;
  /** Missing values are reported instead of ending the rendering. */
  readonly mode: 'render' | 'lint';
  readonly lookup: Lookup | undefined;
  readonly hostByName: ((name: string) => string) | undefined;
  warn(message: string): void;
}

const start = 'HELM_ERR_START';
const end = 'HELM_ERR_END';

/** The functions for one rendering; those of this file hide the base's. */
export function helmFunctions(options: FunctionOptions): FunctionTable {
  const { lookup, hostByName } = options;
  return new Map<string, GoFunction>([
    ...options.base,
    ['required', fn('string,any', (message: string, value: GoValue) => required(message, value, options))],
    ['fail', fn('string', (message: string) => failWith(message, options))],
    ['lookup', fn('string,string,string,string', lookup ?? (() => newMap()))],
    ['getHostByName', fn('string', hostByName ?? (() => ''))],
  ]);
}

function required(message: string, value: GoValue, options: FunctionOptions): GoValue {
  if (value !== null && value !== undefined && value !== '') return value;
  if (options.mode === 'render') throw new CallError(start + message + end);
  options.warn(`[INFO] Missing required value: ${message}`);
  return '';
}

function failWith(message: string, options: FunctionOptions): GoValue {
  if (options.mode === 'render') throw new CallError(start + message + end);
  options.warn(`[INFO] Fail: ${message}`);
  return '';
}

/** The chart author's own words in an error's text, if `required` or `fail` put any there. */
export function authorsMessage(text: string): string | undefined {
  const from = text.indexOf(start);
  const to = text.lastIndexOf(end);
  return from < 0 || to < from + start.length ? undefined : text.slice(from + start.length, to);
}
