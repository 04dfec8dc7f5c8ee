/** Which arguments are the release's name and the chart, and what a name may be. */
import { renderText } from '#cmd/helm/chart/text-template.ts';
import { ChartError } from '#platform/charts/chart.ts';

/** The flags that give a name. */
export interface NameFlags {
  readonly generateName?: boolean;
  readonly nameTemplate?: string;
}

/** The name and the chart of `[NAME] CHART`. `fallback` is the name if none is given. Throws {@link ChartError}. */
export function releaseNameAndChart(
  args: readonly string[],
  flags: NameFlags,
  { fallback }: { readonly fallback: string },
): { readonly name: string; readonly reference: string } {
  const [first = '', second, ...others] = args;
  if (others.length > 0)
    throw new ChartError(`expected at most two arguments, unexpected arguments: ${others.join(', ')}`);
  const nameTemplate = flags.nameTemplate ?? '';
  if (second !== undefined) {
    if (flags.generateName === true) throw new ChartError('cannot set --generate-name and also specify a name');
    if (nameTemplate !== '') throw new ChartError('cannot set --name-template and also specify a name');
    return { name: first, reference: second };
  }
  if (nameTemplate !== '') return { name: renderText('name-template', nameTemplate), reference: first };
  if (fallback !== '') return { name: fallback, reference: first };
  if (flags.generateName !== true) throw new ChartError('must either provide a name or specify --generate-name');
  return { name: generatedName(first), reference: first };
}

/** `chart-1700000000`: the chart's file name up to its first dot, and the time in seconds. */
function generatedName(reference: string): string {
  const base = reference.replace(/\/+$/, '').split('/').at(-1) ?? '';
  const name = base === '.' || base === '' ? 'chart' : base.replace(/\..*$/s, '');
  return `${name}-${Math.floor(Date.now() / 1000)}`;
}

/** A release's name is a DNS name of at most 53 characters. Throws {@link ChartError}. */
export function checkReleaseName(name: string): void {
  const pattern = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
  const quoted = JSON.stringify(name);
  if (name === '') throw new ChartError(`release name ${quoted}: no name provided`);
  if (name.length <= 53 && new RegExp(pattern).test(name)) return;
  throw new ChartError(
    `release name ${quoted}: invalid release name, must match regex ${pattern} and the length must not be longer than 53`,
  );
}

const ownLabels = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'];

/** Labels that Helm sets itself cannot be given. Throws {@link ChartError}. */
export function checkLabels(labels: ReadonlyMap<string, string> | undefined): void {
  if (!ownLabels.some((label) => labels?.has(label) === true)) return;
  throw new ChartError(
    `user supplied labels contains system reserved label name. System labels: [${ownLabels.join(' ')}]`,
  );
}
