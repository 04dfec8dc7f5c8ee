/**
 * `search repo`: charts whose name, description or keywords contain a text. A chart's score is the number of the field (name,
 * `repository/name`, description, keywords) in which the text is found first; lower is better.
 */
import { compilePattern } from '#platform/charts/repositories/pattern.ts';
import { matchesConstraint, parseConstraint } from '#lang/semver/constraint.ts';
import type { Version } from '#lang/semver/version.ts';
import { compareVersions, parseVersion } from '#lang/semver/version.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { compareCodePoints } from '#platform/charts/go-json.ts';
import type { ChartVersion, IndexFile } from '#platform/charts/repositories/index-file.ts';

/** A chart that was found. */
export interface SearchResult {
  /** `repository/chart`. */
  readonly name: string;
  readonly score: number;
  readonly chart: ChartVersion;
}

/** What is searched for. */
export interface SearchQuery {
  /** Empty finds everything. */
  readonly text: string;
  readonly style: 'text' | 'regexp';
  /** Only versions in this range. */
  readonly range: string;
  /** Each version that fits, or only the newest. */
  readonly versions: 'all' | 'newest';
}

const separator = '\v';
const maxScore = 25;

/** Searches indexes by the name of their repository. Throws {@link ChartError} for a range or pattern that cannot be read. */
export function searchCharts(indexes: ReadonlyMap<string, IndexFile>, query: SearchQuery): SearchResult[] {
  const find = finderOf(query);
  const found = candidates(indexes).flatMap(({ repository, name, chart }): SearchResult[] => {
    const { metadata } = chart;
    const line = [
      metadata.name,
      `${repository}/${metadata.name}`,
      metadata.description,
      (metadata.keywords ?? []).join(' '),
    ].join(separator);
    const score = find(line);
    return score === undefined || score >= maxScore ? [] : [{ name, score, chart }];
  });
  return inRange(sortResults(found), query);
}

interface Candidate {
  readonly repository: string;
  readonly name: string;
  readonly chart: ChartVersion;
}

/** Later entries of one repository, name and version replace earlier ones. */
function candidates(indexes: ReadonlyMap<string, IndexFile>): Candidate[] {
  const byKey = new Map<string, Candidate>();
  for (const [repository, index] of indexes)
    for (const [chart, versions] of index.entries)
      for (const version of versions) {
        const name = `${repository}/${chart}`;
        byKey.set(`${name}$$${version.metadata.version}`, { repository, name, chart: version });
      }
  return [...byKey.values()];
}

type Finder = (line: string) => number | undefined;

function finderOf(query: SearchQuery): Finder {
  if (query.text === '') return () => 0;
  if (query.style === 'regexp') {
    const match = compilePattern(query.text);
    return (line) => scoreAt(match(line), line);
  }
  const text = query.text.toLowerCase();
  return (line) => {
    const lower = line.toLowerCase();
    return scoreAt(lower.indexOf(text), lower);
  };
}

/** How many separators stand before a position. */
function scoreAt(position: number, line: string): number | undefined {
  if (position < 0) return undefined;
  let count = 0;
  for (let at = line.indexOf(separator); at >= 0 && at < position; at = line.indexOf(separator, at + 1)) count++;
  return count;
}

function sortResults(results: readonly SearchResult[]): SearchResult[] {
  const keyed = results.map((result) => ({ result, version: versionOf(result.chart.metadata.version) }));
  keyed.sort((a, b) => {
    const order = a.result.score - b.result.score || compareCodePoints(a.result.name, b.result.name);
    if (order !== 0 || a.version === undefined || b.version === undefined) return order;
    return compareVersions(b.version, a.version);
  });
  return keyed.map(({ result }) => result);
}

function inRange(results: readonly SearchResult[], query: SearchQuery): SearchResult[] {
  const constraint = rangeOf(query.range);
  const seen = new Set<string>();
  return results.filter(({ name, chart }) => {
    if (query.versions === 'newest' && seen.has(name)) return false;
    const version = versionOf(chart.metadata.version);
    if (version === undefined || !matchesConstraint(constraint, version)) return false;
    seen.add(name);
    return true;
  });
}

function rangeOf(range: string): ReturnType<typeof parseConstraint> {
  try {
    return parseConstraint(range);
  } catch (error) {
    throw new ChartError(`an invalid version/constraint format: ${(error as Error).message}`);
  }
}

function versionOf(text: string): Version | undefined {
  try {
    return parseVersion(text);
  } catch {
    return undefined;
  }
}
