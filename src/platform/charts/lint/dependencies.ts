/** Rules for the dependencies that Chart.yaml names and charts/ has. */
import type { Chart } from '#platform/charts/chart.ts';
import type { LintInput, Report } from '#platform/charts/lint/input.ts';

/** Both lists say the same, and no two have one name. */
export async function lintDependencies(input: LintInput, report: Report): Promise<void> {
  let chart: Chart;
  try {
    chart = await input.load();
  } catch (error) {
    report('ERROR', '', `unable to load chart\n\t${(error as Error).message}`);
    return;
  }
  const named = chart.metadata.dependencies ?? [];
  const there = chart.dependencies.map(({ metadata }) => metadata.name);
  const unnamed = there.filter((name) => !named.some((dependency) => dependency.name === name));
  report('ERROR', input.folder, failure('chart metadata is missing these dependencies', unnamed));
  const names = named.map(({ name, alias }) => alias || name);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  report('ERROR', input.folder, failure('multiple dependencies with name or alias', repeated));
  const missing = named.map(({ name }) => name).filter((name) => !there.includes(name));
  report('WARNING', input.folder, failure('chart directory is missing these dependencies', missing));
}

function failure(words: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${words}: ${names.join(',')}`;
}
