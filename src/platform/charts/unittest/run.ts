/** Runs template unit tests: renders the chart for each test and judges the documents. */
import { RE2JS } from '@bufbuild/re2';
import { loadAllYaml } from '#lang/yaml/to-json.ts';
import { defaultApiVersions, defaultKubeVersion, parseKubeVersion } from '#platform/charts/capabilities.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { FunctionTable } from '#lang/gotemplate/value.ts';
import type { RenderedChart } from '#platform/charts/render/render.ts';
import { renderChart } from '#platform/charts/render/render.ts';
import { checks } from '#platform/charts/unittest/checks.ts';
import type { Assertion, UnitTest } from '#platform/charts/unittest/suite.ts';
import { mergeTables } from '#platform/charts/values/merge.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { valueOf } from '#platform/charts/values/table.ts';

/** What tests run with. */
export interface UnitTestPorts {
  readonly functions: FunctionTable;
  /** A values file that a test names. */
  readValues(path: string): Table;
}

/** What a test found: empty if it passed. */
export async function runUnitTest(chart: Chart, test: UnitTest, ports: UnitTestPorts): Promise<string[]> {
  const outcome = await render(chart, test, ports);
  return test.asserts.flatMap((assertion, index) => {
    const problem = judge(assertion, { test, outcome, chart });
    return problem === undefined
      ? []
      : [`asserts[${index}] ${assertion.isNegated ? 'not ' : ''}${assertion.kind}: ${problem}`];
  });
}

/** What came out, or why nothing did. */
type Outcome = { readonly rendered: RenderedChart } | { readonly failure: string };

async function render(chart: Chart, test: UnitTest, ports: UnitTestPorts): Promise<Outcome> {
  const { release, kubeVersion, apiVersions } = test;
  let values: Table = new Map();
  for (const path of test.values) values = mergeTables(values, ports.readValues(path));
  for (const [path, value] of Object.entries(test.set)) values = mergeTables(values, nested(path, value));
  try {
    const rendered = await renderChart(chart, {
      release: { ...release, action: release.isUpgrade ? 'upgrade' : 'install' },
      capabilities: {
        kubeVersion: kubeVersion === undefined ? defaultKubeVersion : parseKubeVersion(kubeVersion),
        apiVersions: [...defaultApiVersions, ...apiVersions],
      },
      values,
      functions: ports.functions,
      notes: 'root',
      schemas: 'check',
      warn: () => {},
    });
    return { rendered };
  } catch (error) {
    if (!(error instanceof ChartError)) throw error;
    return { failure: error.message };
  }
}

/** `a.b` → { a: { b: … } }; a dot behind a backslash is part of a name. */
function nested(path: string, value: unknown): Table {
  const steps = path.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
  return steps.reduceRight<Table | undefined>(
    (inner, step) => new Map([[step, inner ?? valueOf(value)]]),
    undefined,
  ) as Table;
}

interface Judged {
  readonly test: UnitTest;
  readonly outcome: Outcome;
  readonly chart: Chart;
}

/** Why an assertion does not hold; undefined if it does. */
function judge(assertion: Assertion, { test, outcome, chart }: Judged): string | undefined {
  const { kind, given, isNegated } = assertion;
  if (kind === 'failedTemplate' || kind === 'notFailedTemplate') {
    const holds = (kind === 'failedTemplate') === ('failure' in outcome && isThatFailure(outcome.failure, given));
    if (holds !== isNegated) return undefined;
    return 'failure' in outcome ? `the template failed: ${outcome.failure}` : 'the template did not fail';
  }
  if ('failure' in outcome) return `the template failed: ${outcome.failure}`;
  const templates = assertion.template === undefined ? test.templates : [assertion.template];
  const documents = documentsOf(outcome.rendered, chart, templates);
  if (kind === 'hasDocuments') {
    const isRight = documents.length === Number(given['count']);
    return isRight === isNegated ? `there are ${documents.length} documents` : undefined;
  }
  const check = checks[kind];
  if (check === undefined) throw new ChartError(`the assertion ${JSON.stringify(kind)} is not known`);
  const index = assertion.documentIndex ?? test.documentIndex;
  const looked = index === undefined ? documents : documents.slice(index, index + 1);
  if (looked.length === 0) return 'there is no such document';
  const wrong = looked.find((document) => check(document, given) === isNegated);
  return wrong === undefined ? undefined : `${JSON.stringify(given)} does not hold for ${JSON.stringify(wrong)}`;
}

function isThatFailure(failure: string, given: Assertion['given']): boolean {
  const { errorMessage, errorPattern } = given;
  if (typeof errorMessage === 'string') return failure.includes(errorMessage);
  return typeof errorPattern !== 'string' || RE2JS.compile(errorPattern).test(failure);
}

/** Documents of the templates, hooks too, in the order of their files. */
function documentsOf({ manifests, hooks }: RenderedChart, chart: Chart, templates: readonly string[]): unknown[] {
  const wanted = templates.map((path) => `${chart.metadata.name}/${path}`);
  const all = [
    ...manifests.map(({ name, content }) => ({ name, content })),
    ...hooks.map(({ path, manifest }) => ({ name: path, content: manifest })),
  ];
  const chosen = wanted.length === 0 ? all : wanted.flatMap((path) => all.filter(({ name }) => name === path));
  return chosen.flatMap(({ content }) => loadAllYaml(content));
}
