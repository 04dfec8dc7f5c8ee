/** Rules for templates: they render, and what they render to looks like Kubernetes objects. */
import { isDNS1035Label, isDNS1123Label, isDNS1123Subdomain, isPathSegmentName } from '#api/meta/names.ts';
import { YamlError, loadYaml } from '#lang/yaml/to-json.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { copyChart } from '#platform/charts/chart.ts';
import { processDependencies } from '#platform/charts/dependencies.ts';
import { deprecationWarning } from '#platform/charts/lint/deprecations.ts';
import type { LintInput, Report } from '#platform/charts/lint/input.ts';
import { renderTemplates } from '#platform/charts/render/engine.ts';
import { ValidatorNeeded, validateValues } from '#platform/charts/schema.ts';
import { coalesceValues } from '#platform/charts/values/coalesce.ts';

const folder = 'templates/';
const decoder = new TextDecoder();

/** Reports what is wrong with the templates; the rules end at the first text that is no YAML. */
export async function lintTemplates(input: LintInput, report: Report): Promise<void> {
  if (!report('WARNING', folder, input.templatesIsFile ? 'not a directory' : undefined)) return;
  let loaded: Chart;
  try {
    loaded = await input.load();
  } catch (error) {
    report('ERROR', folder, (error as Error).message);
    return;
  }
  const chart = copyChart(loaded);
  const rendered = render(chart, input);
  if (rendered === undefined) return;
  if (!report('ERROR', folder, rendered.error)) return;
  for (const { name, data } of chart.templates) {
    lintSource(name, decoder.decode(data), report);
    if (!name.endsWith('.yaml')) continue;
    const text = rendered.files.get(`${chart.metadata.name}/${name}`) ?? '';
    if (text.trim() !== '' && !lintRendered(text, name, { input, report })) return;
  }
}

interface Rendered {
  readonly files: ReadonlyMap<string, string>;
  readonly error: string | undefined;
}

/** undefined: the values do not fit together, which other rules report. */
function render(chart: Chart, input: LintInput): Rendered | undefined {
  const { capabilities, namespace, functions, warn } = input;
  const options = { mode: 'coalesce', warn } as const;
  let values: ReturnType<typeof coalesceValues>;
  try {
    processDependencies(chart, input.values, warn);
    values = coalesceValues(chart, input.values, options);
  } catch {
    return undefined;
  }
  try {
    if (input.schemas === 'check') validateValues(chart, values);
    const files = renderTemplates({
      chart,
      values,
      release: { name: 'test-release', namespace, revision: 0, action: 'none' },
      capabilities,
      functions: { base: functions, mode: 'lint', lookup: undefined, hostByName: undefined, warn },
      strict: false,
    });
    return { files, error: undefined };
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ValidatorNeeded) throw error;
    return { files: new Map(), error: error.message };
  }
}

function lintSource(name: string, text: string, report: Report): void {
  const extension = /\.[^./]*$/.exec(name)?.[0] ?? '';
  const isKnown = ['.yaml', '.yml', '.tpl', '.txt'].includes(extension);
  const words = `file extension '${extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt`;
  report('ERROR', name, isKnown ? undefined : words);
  const isOldHook = /"?helm\.sh\/hook"?:\s+crd-install/.test(text);
  const hook =
    'manifest is a crd-install hook. This hook is no longer supported in v3 and all CRDs should also exist the crds/ directory at the top level of the chart';
  report('WARNING', name, isOldHook ? hook : undefined);
  const time = '.Release.Time has been removed in v3, please replace with the `now` function in your templates';
  report('ERROR', name, text.includes('.Release.Time') ? time : undefined);
}

interface Rules {
  readonly input: LintInput;
  readonly report: Report;
}

/** False if a document is no YAML. */
function lintRendered(text: string, name: string, { input, report }: Rules): boolean {
  report('WARNING', name, indentFailure(text));
  const minor = Number(input.capabilities.kubeVersion.minor);
  for (const document of yamlDocuments(text)) {
    const read = readHead(document);
    if (typeof read === 'string') {
      report('ERROR', name, `unable to parse YAML: ${read}`);
      return false;
    }
    if (read === undefined) continue;
    report('WARNING', name, nameFailure(read));
    report('WARNING', name, deprecationWarning(read.apiVersion, read.kind, minor));
    report('ERROR', name, selectorFailure(read, text));
    report('ERROR', name, listFailure(read));
  }
  return true;
}

function indentFailure(text: string): string | undefined {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? '';
  if (!/^[ \t]/.test(line)) return undefined;
  return `document starts with an illegal indent: ${JSON.stringify(line)}, which may cause parsing problems`;
}

/** Split where a line begins with three dashes. */
function yamlDocuments(text: string): string[] {
  return text.split(/^---[^\n]*(?:\n|$)/m).filter((document) => document.trim() !== '');
}

interface Head {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly items: readonly unknown[];
}

/** The head of an object; undefined for an empty document, a text for one that is none. */
function readHead(document: string): Head | undefined | string {
  try {
    const value = loadYaml(document);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return notAnObject(value);
    const fields = value as Record<string, unknown>;
    const metadata = (fields['metadata'] ?? {}) as Record<string, unknown>;
    return {
      apiVersion: String(fields['apiVersion'] ?? ''),
      kind: String(fields['kind'] ?? ''),
      name: String(metadata['name'] ?? ''),
      items: Array.isArray(fields['items']) ? fields['items'] : [],
    };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return `error converting YAML to JSON: ${error.message}`;
  }
}

function notAnObject(value: unknown): string {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kind} into Go value of type rules.K8sYamlStruct`;
}

/** Kinds whose names have rules of their own; all others are DNS subdomains. */
const nameRules: Readonly<Record<string, (name: string) => readonly string[]>> = {
  service: isDNS1035Label,
  namespace: isDNS1123Label,
  certificatesigningrequest: () => [],
  role: isPathSegmentName,
  clusterrole: isPathSegmentName,
  rolebinding: isPathSegmentName,
  clusterrolebinding: isPathSegmentName,
};

function nameFailure({ kind, name }: Head): string | undefined {
  const messages = (nameRules[kind.toLowerCase()] ?? isDNS1123Subdomain)(name);
  if (messages.length === 0) return undefined;
  const quoted = JSON.stringify(name);
  const failures = messages.map((message) => `metadata.name: Invalid value: ${quoted}: ${message}`);
  const all = failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`;
  return `object name does not conform to Kubernetes naming requirements: ${quoted}: ${all}`;
}

function selectorFailure({ kind, name }: Head, text: string): string | undefined {
  if (!['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].includes(kind)) return undefined;
  if (text.includes('matchLabels') || text.includes('matchExpressions')) return undefined;
  return `a ${kind} must contain matchLabels or matchExpressions, and ${JSON.stringify(name)} does not`;
}

function listFailure({ kind, items }: Head): string | undefined {
  if (kind !== 'List') return undefined;
  const isKept = items.some((item) => {
    const { metadata } = (item ?? {}) as { readonly metadata?: { readonly annotations?: Record<string, unknown> } };
    return metadata?.annotations?.['helm.sh/resource-policy'] !== undefined;
  });
  return isKept ? "Annotation 'helm.sh/resource-policy' within List objects are ignored" : undefined;
}
