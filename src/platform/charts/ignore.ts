/**
 * .helmignore: one pattern a line, in the order of the file. `dir/` matches folders only, `/x` from the chart's root, a pattern
 * without `/` any base name; `!` keeps what does NOT match out (Helm's own reading, unlike git's).
 */
import { ChartError } from '#platform/charts/chart.ts';
import { compileGlob } from '#platform/charts/path-match.ts';

interface Pattern {
  readonly isNegated: boolean;
  readonly isFolder: boolean;
  readonly onBaseName: boolean;
  readonly matches: (path: string) => boolean;
}

/** Decides for a path below the chart (`templates/x.yaml`) whether it is left out. */
export type IgnoreRules = (path: string, kind: 'file' | 'folder') => boolean;

/** Reads .helmignore and adds Helm's own rule `templates/.?*`. Throws {@link ChartError}. */
export function parseIgnore(text: string): IgnoreRules {
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r?\n/);
  const patterns = [...lines, 'templates/.?*'].map(parseRule).filter((pattern) => pattern !== undefined);
  return (path, kind) => isIgnored(patterns, path, kind === 'folder');
}

function isIgnored(patterns: readonly Pattern[], path: string, isFolder: boolean): boolean {
  for (const pattern of patterns) {
    const subject = pattern.onBaseName ? path.slice(path.lastIndexOf('/') + 1) : path;
    if (pattern.isNegated) {
      if ((pattern.isFolder && !isFolder) || !pattern.matches(subject)) return true;
    } else if ((!pattern.isFolder || isFolder) && pattern.matches(subject)) {
      return true;
    }
  }
  return false;
}

function parseRule(line: string): Pattern | undefined {
  let rule = line.trim();
  if (rule === '' || rule.startsWith('#')) return undefined;
  if (rule.includes('**')) throw new ChartError('double-star (**) syntax is not supported');
  const isNegated = rule.startsWith('!');
  if (isNegated) rule = rule.slice(1);
  const isFolder = rule.endsWith('/');
  if (isFolder) rule = rule.slice(0, -1);
  const onBaseName = !rule.includes('/');
  if (rule.startsWith('/')) rule = rule.slice(1);
  const matches = compileGlob(rule);
  if (matches === undefined) throw new ChartError('syntax error in pattern');
  return { isNegated, isFolder, onBaseName, matches };
}
