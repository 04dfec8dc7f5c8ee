/**
 * `helm lint`: a chart's files against Helm's rules. The chart is judged as it lies on the disk, so a chart that cannot be
 * loaded still gets its messages.
 */
import { lintChartYaml } from '#platform/charts/lint/chart-yaml.ts';
import { lintDependencies } from '#platform/charts/lint/dependencies.ts';
import type { LintInput, LintMessage, Report } from '#platform/charts/lint/input.ts';
import { lintTemplates } from '#platform/charts/lint/templates.ts';
import { lintValues } from '#platform/charts/lint/values.ts';
import { ValidatorNeeded, loadValidator } from '#platform/charts/schema.ts';

/** All findings in the order of Helm's rules. */
export async function lintChart(input: LintInput): Promise<LintMessage[]> {
  try {
    return await lintOnce(input);
  } catch (error) {
    if (!(error instanceof ValidatorNeeded)) throw error;
    await loadValidator();
    return lintOnce(input);
  }
}

async function lintOnce(input: LintInput): Promise<LintMessage[]> {
  const messages: LintMessage[] = [];
  const report: Report = (severity, path, text) => {
    if (text !== undefined) messages.push({ severity, path, text });
    return text === undefined;
  };
  lintChartYaml(input, report);
  lintValues(input, report);
  await lintTemplates(input, report);
  await lintDependencies(input, report);
  return messages;
}
