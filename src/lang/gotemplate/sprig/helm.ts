/** The whole function table of Helm's templates: sprig and Helm's own. */
import { rawJson } from '#base/exact-json.ts';
import { LimitError } from '#lang/gotemplate/error.ts';
import { NodeBudget, checkYaml } from '#lang/gotemplate/limits.ts';
import { YamlError, loadYaml } from '#lang/yaml/to-json.ts';
import { printYaml } from '#lang/yaml/print.ts';
import { cryptoFunctions } from '#lang/gotemplate/sprig/crypto.ts';
import { dictFunctions } from '#lang/gotemplate/sprig/dicts.ts';
import { encodingFunctions } from '#lang/gotemplate/sprig/encoding.ts';
import { floats, fromJson, isNilSlice, toJson } from '#lang/gotemplate/sprig/json.ts';
import { listFunctions } from '#lang/gotemplate/sprig/lists.ts';
import { numberFunctions } from '#lang/gotemplate/sprig/numbers.ts';
import type { TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';
import { regexFunctions } from '#lang/gotemplate/sprig/regex.ts';
import { stringFunctions } from '#lang/gotemplate/sprig/strings.ts';
import { timeFunctions } from '#lang/gotemplate/sprig/times.ts';
import { tomlFunctions } from '#lang/gotemplate/sprig/toml.ts';
import { urlFunctions } from '#lang/gotemplate/sprig/url.ts';
import { versionFunctions } from '#lang/gotemplate/sprig/versions.ts';
import { toYamlPretty } from '#lang/gotemplate/sprig/yaml-pretty.ts';
import { mapOf } from '#lang/gotemplate/sprig/deep.ts';
import { CallError, GoInt, GoObject, fn, isMap, newMap, scopedFn } from '#lang/gotemplate/value.ts';
import type { CallScope, FunctionTable, GoFunction, GoMap, GoValue } from '#lang/gotemplate/value.ts';

export interface HelmFunctionOptions {
  /** `helm lint`: required and fail give an empty string. */
  readonly lint?: boolean;
  /** What `lookup` finds; without it, nothing. Throws Error. */
  readonly lookup?: (apiVersion: string, kind: string, namespace: string, name: string) => GoMap;
  readonly getHostByName?: (name: string) => string;
}

/** Every function by name; `env` and `expandenv` are not among them, as in Helm. */
export function helmFunctions(ports: TemplatePorts, options: HelmFunctionOptions = {}): FunctionTable {
  const table = new Map<string, GoFunction>([
    ...stringFunctions(ports),
    ...listFunctions,
    ...dictFunctions,
    ...numberFunctions,
    ...encodingFunctions,
    ...urlFunctions,
    ...regexFunctions,
    ...versionFunctions,
    ...timeFunctions(ports),
    ...cryptoFunctions(ports),
    ...jsonFunctions,
    ...yamlFunctions,
    ...tomlFunctions,
    ...ownFunctions(options),
  ]);
  return Object.assign(table, { now: () => ports.now() });
}

const compact = { html: true };
const pretty = { html: true, indent: '  ' };
const raw = { html: false };

function quiet(body: () => string): string {
  try {
    return body();
  } catch (error) {
    if (error instanceof LimitError) throw error;
    return '';
  }
}

const jsonFunctions: [string, GoFunction][] = [
  ['toJson', fn('any', (value: GoValue) => quiet(() => toJson(value, compact)))],
  ['mustToJson', fn('any', (value: GoValue) => toJson(value, compact))],
  ['toPrettyJson', fn('any', (value: GoValue) => quiet(() => toJson(value, pretty)))],
  ['mustToPrettyJson', fn('any', (value: GoValue) => toJson(value, pretty))],
  ['toRawJson', fn('any', (value: GoValue) => toJson(value, raw))],
  ['mustToRawJson', fn('any', (value: GoValue) => toJson(value, raw))],
  ['mustFromJson', fn('string', fromJson)],
  ['fromJson', fn('string', (text: string) => mapFrom(() => fromJson(text), 'json'))],
  ['fromJsonArray', fn('string', (text: string) => listFrom(() => fromJson(text), 'json'))],
];

const yamlFunctions: [string, GoFunction][] = [
  ['toYaml', fn('any', (value: GoValue) => quiet(() => toYaml(value)))],
  ['toYamlPretty', fn('any', (value: GoValue) => quiet(() => toYamlPretty(value)))],
  ['fromYaml', fn('string', (text: string) => mapFrom(() => fromYaml(text), 'yaml'))],
  ['fromYamlArray', fn('string', (text: string) => listFrom(() => fromYaml(text), 'yaml'))],
];

/** As sigs.k8s.io/yaml prints it, without the last line break. Throws {@link CallError}. */
export function toYaml(value: GoValue): string {
  const text = printYaml(plain(value, { depth: 0, budget: new NodeBudget() }));
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

const maxDepth = 1000;

interface Walk {
  readonly depth: number;
  readonly budget: NodeBudget;
}

function plain(value: GoValue, { depth, budget }: Walk): unknown {
  budget.take();
  const inner = { depth: depth + 1, budget };
  if (value === undefined || value === null || isNilSlice(value)) return null;
  if (typeof value !== 'object') return typeof value === 'bigint' ? exact(value) : value;
  if (depth > maxDepth) throw new CallError('the value contains itself');
  if (value instanceof GoInt) return exact(value.value);
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value));
  if (value instanceof GoObject) return plain(value.plain(), inner);
  if (Array.isArray(value)) return value.map((item) => plain(item as GoValue, inner));
  return mapOf(Object.entries(value as GoMap).map(([key, item]) => [key, plain(item, inner) as GoValue]));
}

function exact(value: bigint): unknown {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : rawJson(String(value));
}

function fromYaml(text: string): GoValue {
  checkYaml(text.length);
  try {
    return floats(loadYaml(text) ?? null);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new CallError(`error converting YAML to JSON: ${error.message}`);
  }
}

type Source = 'json' | 'yaml';

function mapFrom(read: () => GoValue, source: Source): GoValue {
  try {
    const value = read();
    if (isMap(value)) return value;
    return value === null
      ? source === 'json'
        ? newMap()
        : newMap()
      : refuse(value, source, 'map[string]interface {}');
  } catch (error) {
    if (error instanceof LimitError) throw error;
    return mapOf([['Error', (error as Error).message]]);
  }
}

function listFrom(read: () => GoValue, source: Source): GoValue {
  try {
    const value = read();
    if (Array.isArray(value)) return value;
    return value === null ? [] : refuse(value, source, '[]interface {}');
  } catch (error) {
    if (error instanceof LimitError) throw error;
    return [(error as Error).message];
  }
}

function refuse(value: GoValue, source: Source, wanted: string): never {
  const kind = isMap(value)
    ? 'object'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  const prefix = source === 'yaml' ? 'error unmarshaling JSON: while decoding JSON: ' : '';
  throw new CallError(`${prefix}json: cannot unmarshal ${kind} into Go value of type ${wanted}`);
}

const warnStart = 'HELM_ERR_START';
const warnEnd = 'HELM_ERR_END';

/** The message that `required` or `fail` gave, out of an error's text. */
export function warningOf(message: string): string | undefined {
  return new RegExp(`${warnStart}(.*)${warnEnd}`, 's').exec(message)?.[1];
}

function ownFunctions(options: HelmFunctionOptions): [string, GoFunction][] {
  return [
    ['include', scopedFn('string,any', (scope: CallScope, name: string, data: GoValue) => scope.include(name, data))],
    ['tpl', scopedFn('string,any', (scope: CallScope, text: string, data: GoValue) => scope.tpl(text, data))],
    [
      'required',
      fn('string,any', (warning: string, value: GoValue) => {
        if (value !== null && value !== '') return value;
        if (options.lint === true) return '';
        throw new CallError(warnStart + warning + warnEnd);
      }),
    ],
    [
      'fail',
      fn('string', (message: string) => {
        if (options.lint === true) return '';
        throw new CallError(warnStart + message + warnEnd);
      }),
    ],
    [
      'lookup',
      fn(
        'string,string,string,string',
        (...args: [string, string, string, string]) => options.lookup?.(...args) ?? newMap(),
      ),
    ],
    ['getHostByName', fn('string', (name: string) => options.getHostByName?.(name) ?? '')],
  ];
}
