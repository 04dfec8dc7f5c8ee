/** A release as `status`, `install`, `upgrade`, `test` and `get all` print it. */
import type { OutputFormat } from '#cmd/helm/flags.ts';
import { ansicTime, yamlOf } from '#cmd/helm/output.ts';
import { printYaml } from '#lang/yaml/print.ts';
import type { Hook, Release } from '#platform/charts/release.ts';
import { encodeRelease } from '#platform/charts/release-json.ts';
import { coalesceValues } from '#platform/charts/values/coalesce.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { plainOf } from '#platform/charts/values/table.ts';

/** What is printed beside the head. */
export interface ReleaseShown {
  /** Values, hooks and manifest, too: of a release that was read back, or of one that was just made. */
  readonly everything?: 'read' | 'made' | undefined;
  readonly description?: boolean;
  readonly metadata?: boolean;
  readonly hideNotes?: boolean;
  /** Tables of the objects. */
  readonly resources?: string;
}

/** A release in one of the forms; JSON and YAML hold the whole record. */
export function releaseOutput(release: Release, form: OutputFormat, shown: ReleaseShown): string {
  if (form === 'table') return releaseText(release, shown);
  const json = encodeRelease(release);
  return form === 'json' ? `${json}\n` : yamlOf(json);
}

/** The form for people. */
export function releaseText(release: Release, shown: ReleaseShown): string {
  const { info } = release;
  const isWhole = shown.everything !== undefined;
  const lines = [`NAME: ${release.name}`];
  if (info.lastDeployed !== '') lines.push(`LAST DEPLOYED: ${ansicTime(info.lastDeployed)}`);
  lines.push(`NAMESPACE: ${release.namespace}`, `STATUS: ${info.status}`, `REVISION: ${release.version}`);
  if (shown.metadata === true) lines.push(...metadataLines(release));
  if (shown.description === true) lines.push(`DESCRIPTION: ${info.description}`);
  if (shown.resources !== undefined) lines.push(`RESOURCES:\n${shown.resources}`);
  lines.push(...testLines(release));
  if (shown.everything !== undefined) lines.push(...valuesLines(release, shown.everything));
  if (isWhole || info.description.toLowerCase() === 'dry run complete') {
    lines.push('HOOKS:', ...release.hooks.map(hookText), `MANIFEST:\n${release.manifest}`);
  }
  if (shown.hideNotes !== true && info.notes !== '') lines.push(`NOTES:\n${info.notes.trim()}`);
  return `${lines.join('\n')}\n`;
}

/** A hook behind its source, without the last line break. */
export function hookText(hook: Hook): string {
  return `---\n# Source: ${hook.path}\n${hook.manifest}`;
}

function metadataLines({ chart }: Release): string[] {
  const { name, version, appVersion } = chart.metadata;
  return [`CHART: ${name}`, `VERSION: ${version}`, `APP_VERSION: ${appVersion}`];
}

function testLines(release: Release): string[] {
  const tests = release.hooks.filter(({ events }) => events.includes('test'));
  if (tests.length === 0) return ['TEST SUITE: None'];
  return tests
    .filter(({ lastRun }) => lastRun.startedAt !== '')
    .flatMap(({ name, lastRun }) => [
      `TEST SUITE:     ${name}`,
      `Last Started:   ${ansicTime(lastRun.startedAt)}`,
      `Last Completed: ${ansicTime(lastRun.completedAt)}`,
      `Phase:          ${lastRun.phase}`,
    ]);
}

function valuesLines({ chart, config }: Release, origin: 'read' | 'made'): string[] {
  const computed = coalesceValues(chart, config, { mode: 'coalesce', warn: () => {} });
  return ['USER-SUPPLIED VALUES:', valuesYaml(config, origin), 'COMPUTED VALUES:', valuesYaml(computed, 'made')];
}

/** Values as YAML; records hold no empty tables, so that what is read back is null. */
export function valuesYaml(values: Table, origin: 'read' | 'made'): string {
  if (values.size === 0) return origin === 'read' ? 'null\n' : '{}\n';
  return printYaml(plainOf(values));
}
