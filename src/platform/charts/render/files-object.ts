/** `.Files` in templates: the chart's files that are neither templates nor subcharts. */
import { fromBytes } from '#lang/gotemplate/bytes.ts';
import type { GoFunction, GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { GoObject, compareStrings, fn, stringList } from '#lang/gotemplate/value.ts';
import { printYaml } from '#lang/yaml/print.ts';
import { toBase64 } from '#platform/charts/base64.ts';
import type { ChartFile } from '#platform/charts/chart.ts';
import { compileFileGlob } from '#platform/charts/file-glob.ts';

/** Go's `engine.files`, a map of bytes with methods. */
export class FilesObject extends GoObject {
  readonly goType = 'engine.files';
  readonly goKind = 'map';
  readonly #files: ReadonlyMap<string, Uint8Array>;
  #methods: ReadonlyMap<string, GoFunction> | undefined;

  constructor(files: ReadonlyMap<string, Uint8Array>) {
    super();
    this.#files = files;
  }

  /** The files of a chart; of two with one name the later one counts. */
  static ofChart(files: readonly ChartFile[]): FilesObject {
    return new FilesObject(new Map(files.map(({ name, data }) => [name, data])));
  }

  override entries(): readonly (readonly [string, GoValue])[] {
    return [...this.#files].sort(([a], [b]) => compareStrings(a, b));
  }

  override method(name: string): GoFunction | undefined {
    this.#methods ??= new Map([
      ['Get', fn('string', (path: string) => fromBytes(this.#bytes(path)))],
      ['GetBytes', fn('string', (path: string) => this.#bytes(path))],
      ['Glob', fn('string', (pattern: string) => this.#glob(pattern))],
      ['Lines', fn('string', (path: string) => this.#lines(path))],
      ['AsConfig', fn('', () => this.#asYaml(fromBytes))],
      ['AsSecrets', fn('', () => this.#asYaml(toBase64))],
    ]);
    return this.#methods.get(name);
  }

  #bytes(path: string): Uint8Array {
    return this.#files.get(path) ?? new Uint8Array();
  }

  #glob(pattern: string): FilesObject {
    const matches = compileFileGlob(pattern);
    return new FilesObject(new Map([...this.#files].filter(([name]) => matches(name))));
  }

  #lines(path: string): GoValue {
    const text = fromBytes(this.#bytes(path));
    if (text === '') return stringList([]);
    return stringList((text.endsWith('\n') ? text.slice(0, -1) : text).split('\n'));
  }

  #asYaml(print: (bytes: Uint8Array) => string): string {
    const fields: GoMap = Object.fromEntries(
      this.entries().map(([name]) => [name.slice(name.lastIndexOf('/') + 1), print(this.#bytes(name))]),
    );
    return printYaml(fields).replace(/\n$/, '');
  }
}
