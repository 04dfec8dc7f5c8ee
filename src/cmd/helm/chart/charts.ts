/** Charts and values from the machine: folders, archives and files become what platform/charts works on. */
import { readFileSync, statSync } from 'node:fs';
import { ArchiveError, unpackChart } from '#host/charts/archive.ts';
import { readChartFolder } from '#host/charts/folder.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { parseIgnore } from '#platform/charts/ignore.ts';
import { loadChart, parseValues } from '#platform/charts/load.ts';
import { mergeTables } from '#platform/charts/values/merge.ts';
import type { SetStyle } from '#platform/charts/values/strvals.ts';
import { setValues } from '#platform/charts/values/strvals.ts';
import type { Table } from '#platform/charts/values/table.ts';

/** Loads a chart from a folder or a .tgz. Rejects with the reason in Helm's words. */
export async function loadChartAt(path: string, warn: (message: string) => void): Promise<Chart> {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new ChartError(`path ${JSON.stringify(path)} not found`);
  const ports = { unpack: unpackChart, warn };
  if (info.isDirectory()) return loadChart(readChartFolder(path, { ignore: parseIgnore, warn }), ports);
  return loadChart(await unpackChart(readArchive(path)), ports);
}

function readArchive(path: string): Uint8Array {
  const bytes = readFileSync(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8) return bytes;
  throw new ArchiveError(
    /\.ya?ml$/.test(path)
      ? `file '${path}' seems to be a YAML file, but expected a gzipped archive`
      : `file '${path}' does not appear to be a gzipped archive; got '${contentType(bytes)}'`,
  );
}

/** As Helm sees it: it looks at 512 bytes, and a shorter text is filled up with zeros, which no text has. */
function contentType(bytes: Uint8Array): string {
  const isText = bytes.length >= 512 && !bytes.subarray(0, 512).some((byte) => byte < 9 || (byte > 13 && byte < 27));
  return isText ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

/** The flags that give values; each may be repeated. */
export interface ValueFlags {
  readonly values?: readonly string[];
  readonly set?: readonly string[];
  readonly setString?: readonly string[];
  readonly setJson?: readonly string[];
  readonly setFile?: readonly string[];
  readonly setLiteral?: readonly string[];
}

/** The user's values: files from left to right, then --set-json, --set, --set-string, --set-file, --set-literal. */
export async function readUserValues(flags: ValueFlags): Promise<Table> {
  let values: Table = new Map();
  for (const path of flags.values ?? [])
    values = mergeTables(values, parseValues(await readTextOrUrl(path), `failed to parse ${path}`));
  const file: SetStyle = { kind: 'file', read: readText };
  for (const line of flags.setJson ?? []) setJson(line, values);
  setAll(flags.set, values, { kind: 'typed' }, '--set');
  setAll(flags.setString, values, { kind: 'string' }, '--set-string');
  setAll(flags.setFile, values, file, '--set-file');
  setAll(flags.setLiteral, values, { kind: 'literal' }, '--set-literal');
  return values;
}

function setJson(line: string, values: Table): void {
  try {
    setValues(line, values, { kind: 'json' });
  } catch {
    throw new ChartError(`failed parsing --set-json data ${line}`);
  }
}

function setAll(lines: readonly string[] | undefined, values: Table, style: SetStyle, flag: string): void {
  for (const line of lines ?? []) {
    try {
      setValues(line, values, style);
    } catch (error) {
      throw new ChartError(`failed parsing ${flag} data: ${(error as Error).message}`);
    }
  }
}

/** Values may come from the web. */
async function readTextOrUrl(path: string): Promise<string> {
  if (!/^https?:\/\//.test(path)) return readText(path);
  const answer = await fetch(path);
  if (!answer.ok) throw new ChartError(`failed to fetch ${path} : ${answer.status} ${answer.statusText}`);
  return answer.text();
}

function readText(path: string): string {
  if (path.trim() === '-') return readFileSync(0, 'utf8');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ChartError(isMissing ? `open ${path}: no such file or directory` : (error as Error).message);
  }
}
