/**
 * Where a refused object comes from: the field that the server names is looked up in the rendered document and in the
 * template, and the values that the template's line mentions are named.
 *
 *   templates/service.yaml:  - port: {{ .Values.service.port }}
 *   server: Service "web" is invalid: spec.ports[0].port: Invalid value: 0
 *   → demo/templates/service.yaml:12:7 spec.ports[0].port (from .Values.service.port)
 */
import { isStatusError } from '#api/status.ts';
import type { YamlNode } from '#lang/yaml/nodes.ts';
import { parseYaml } from '#lang/yaml/nodes.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { chartFullPath } from '#platform/charts/chart.ts';
import type { ObjectFailure } from '#platform/charts/releases/cluster/objects.ts';

/** One field of a refused object. Lines and columns count from 1. */
export interface FailurePlace {
  /** Path of the template, as `# Source:` names it. */
  readonly template: string;
  /** The field as the server names it. */
  readonly field: string;
  /** In the template, if just one of its lines can be meant. */
  readonly templateLine: { readonly line: number; readonly column: number } | undefined;
  /** In the rendered document. */
  readonly renderedLine: { readonly line: number; readonly column: number } | undefined;
  /** Paths below .Values on the template's line. */
  readonly values: readonly string[];
}

/** The places of a failure: one per field that the server names; none for errors that name no fields. */
export function failurePlaces({ object, error }: ObjectFailure, chart: Chart): FailurePlace[] {
  if (!isStatusError(error) || object.source === '') return [];
  const fields = new Set((error.details?.causes ?? []).map(({ field = '' }) => field).filter((field) => field !== ''));
  return [...fields].map((field) => {
    const found = renderedPlace(object.text, field);
    const line = found === undefined ? undefined : templatePlace(chart, object.source, found.key);
    return {
      template: object.source,
      field,
      renderedLine: found === undefined ? undefined : { line: found.line, column: found.column },
      templateLine: line,
      values: line?.values ?? [],
    };
  });
}

/** One line per place, each beginning with two blanks. */
export function failureText(places: readonly FailurePlace[]): string {
  return places
    .map(({ template, field, templateLine, renderedLine, values }) => {
      const from = values.length === 0 ? '' : ` (from ${values.map((value) => `.Values.${value}`).join(', ')})`;
      if (templateLine !== undefined)
        return `  ${template}:${templateLine.line}:${templateLine.column} ${field}${from}\n`;
      const rendered = renderedLine === undefined ? '' : `, line ${renderedLine.line} of the rendered document`;
      return `  ${template}${rendered}: ${field}\n`;
    })
    .join('');
}

interface Found {
  readonly line: number;
  readonly column: number;
  /** The last key of the path that the document has. */
  readonly key: string;
}

/** The deepest part of a field's path that is in a document. */
function renderedPlace(text: string, field: string): Found | undefined {
  let node: YamlNode | undefined = parseYaml(text)[0];
  let found: Found | undefined;
  const lines = text.split('\n');
  for (const step of stepsOf(field)) {
    if (node?.type === 'sequence' && typeof step === 'number') {
      node = node.items[step];
      continue;
    }
    if (node?.type !== 'mapping') break;
    const entry: [YamlNode, YamlNode] | undefined = node.entries.find(
      ([key]) => key.type === 'scalar' && key.text === String(step),
    );
    if (entry === undefined) break;
    const { line } = entry[0];
    found = { line, column: (lines[line - 1]?.indexOf(String(step)) ?? 0) + 1, key: String(step) };
    node = entry[1];
  }
  return found;
}

/** `spec.ports[0].port` → spec, ports, 0, port; `metadata.labels[a/b]` → metadata, labels, a/b. */
function stepsOf(field: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const [, name, index] of field.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (name !== undefined) steps.push(name);
    else steps.push(/^\d+$/.test(index ?? '') ? Number(index) : (index ?? ''));
  }
  return steps;
}

function templatePlace(
  chart: Chart,
  source: string,
  key: string,
): { line: number; column: number; values: string[] } | undefined {
  const file = templateAt(chart, source);
  if (file === undefined) return undefined;
  const pattern = new RegExp(`^(\\s*(?:- )?)["']?${key.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}["']?:`);
  const matches = file.split('\n').flatMap((text, index) => {
    const indent = pattern.exec(text)?.[1];
    if (indent === undefined) return [];
    const values = [...text.matchAll(/\.Values\.([A-Za-z_][\w.]*)/g)].map((match) => match[1] ?? '');
    return [{ line: index + 1, column: indent.length + 1, values: [...new Set(values)] }];
  });
  return matches.length === 1 ? matches[0] : undefined;
}

function templateAt(chart: Chart, source: string): string | undefined {
  const root = `${chartFullPath(chart)}/`;
  if (source.startsWith(root)) {
    const file = chart.templates.find(({ name }) => source === root + name);
    if (file !== undefined) return new TextDecoder().decode(file.data);
  }
  for (const child of chart.dependencies) {
    const text = templateAt(child, source);
    if (text !== undefined) return text;
  }
  return undefined;
}
