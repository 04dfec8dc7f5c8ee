/**
 * Template unit tests in a subset of helm-unittest's file format: suites of tests, each a rendering with values of its own and
 * assertions on the documents that come out.
 *
 *   suite: service
 *   templates: [templates/service.yaml]
 *   tests:
 *     - it: takes the port
 *       set: { service.port: 81 }
 *       asserts:
 *         - equal: { path: spec.ports[0].port, value: 81 }
 *
 * Deviation from helm-unittest: snapshots, `documentSelector`, `skip` and post-renderers are not there; a file that names
 * something unknown is refused, so that no assertion is passed over in silence.
 */
import { loadAllYaml } from '#lang/yaml/to-json.ts';
import { ChartError } from '#platform/charts/chart.ts';

/** One test with what its suite says for all of them. */
export interface UnitTest {
  readonly name: string;
  /** Paths below the chart; empty: all templates. */
  readonly templates: readonly string[];
  /** Dotted paths to values. */
  readonly set: Readonly<Record<string, unknown>>;
  /** Values files, relative to the test file. */
  readonly values: readonly string[];
  readonly release: ReleaseOfTest;
  readonly kubeVersion: string | undefined;
  readonly apiVersions: readonly string[];
  /** Which document the assertions look at; undefined: each of them. */
  readonly documentIndex: number | undefined;
  readonly asserts: readonly Assertion[];
}

/** `.Release` in a test. */
export interface ReleaseOfTest {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  readonly isUpgrade: boolean;
}

/** One assertion: its name, what it is given, and where it looks if not where the test does. */
export interface Assertion {
  readonly kind: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly isNegated: boolean;
  readonly template: string | undefined;
  readonly documentIndex: number | undefined;
}

/** A file of tests. */
export interface Suite {
  readonly name: string;
  readonly tests: readonly UnitTest[];
}

type Fields = Readonly<Record<string, unknown>>;

const shared = ['templates', 'template', 'set', 'values', 'release', 'capabilities', 'documentIndex'];

/** Reads a file; several suites may stand in one. Throws {@link ChartError} for what is unknown. */
export function readSuites(text: string, path: string): Suite[] {
  return loadAllYaml(text).map((document) => {
    const fields = fieldsOf(document, path);
    checkNames(fields, ['suite', 'tests', ...shared], path);
    const tests = listOf(fields['tests']).map((test, index) =>
      readTest(fieldsOf(test, path), fields, `${path}: test ${index + 1}`),
    );
    return { name: String(fields['suite'] ?? path), tests };
  });
}

function readTest(test: Fields, suite: Fields, place: string): UnitTest {
  checkNames(test, ['it', 'asserts', ...shared], place);
  const capabilities = { ...optional(suite['capabilities']), ...optional(test['capabilities']) };
  const release = { ...optional(suite['release']), ...optional(test['release']) };
  const index = test['documentIndex'] ?? suite['documentIndex'];
  const version = capabilities['majorVersion'];
  return {
    name: String(test['it'] ?? ''),
    templates: templatesOf(test) ?? templatesOf(suite) ?? [],
    set: { ...optional(suite['set']), ...optional(test['set']) },
    values: [...listOf(suite['values']), ...listOf(test['values'])].map(String),
    release: {
      name: String(release['name'] ?? 'RELEASE-NAME'),
      namespace: String(release['namespace'] ?? 'NAMESPACE'),
      revision: Number(release['revision'] ?? 0),
      isUpgrade: release['upgrade'] === true,
    },
    kubeVersion:
      version === undefined ? undefined : `v${String(version)}.${String(capabilities['minorVersion'] ?? 0)}.0`,
    apiVersions: listOf(capabilities['apiVersions']).map(String),
    documentIndex: index === undefined ? undefined : Number(index),
    asserts: listOf(test['asserts']).map((given) => readAssertion(fieldsOf(given, place), place)),
  };
}

function templatesOf(fields: Fields): string[] | undefined {
  const given = fields['templates'] ?? fields['template'];
  return given === undefined ? undefined : listOf(given).map(pathOf);
}

/** helm-unittest lets the folder be left out. */
function pathOf(name: unknown): string {
  const path = String(name);
  return path.startsWith('templates/') || path.startsWith('charts/') ? path : `templates/${path}`;
}

function readAssertion(fields: Fields, place: string): Assertion {
  const { template, documentIndex, not, ...rest } = fields;
  const [kind, ...others] = Object.keys(rest);
  if (kind === undefined || others.length > 0)
    throw new ChartError(`${place}: an assertion must name one check, not ${Object.keys(rest).join(', ') || 'none'}`);
  return {
    kind,
    given: optional(rest[kind]),
    isNegated: not === true,
    template: template === undefined ? undefined : pathOf(template),
    documentIndex: documentIndex === undefined ? undefined : Number(documentIndex),
  };
}

function checkNames(fields: Fields, known: readonly string[], place: string): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ChartError(`${place}: ${JSON.stringify(unknown)} is not known here`);
}

function fieldsOf(value: unknown, place: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ChartError(`${place}: an object is wanted here`);
}

function optional(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
