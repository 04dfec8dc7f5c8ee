/**
 * Small templates that were generated at random, with what Helm 3.22's engine made of them (snippets.jsonl; the first line
 * holds the partial and the values that cases share). Outputs and error texts are equal, character for character.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { templateFunctions } from '#cmd/helm/functions.ts';
import { defaultApiVersions, parseKubeVersion } from '#platform/charts/capabilities.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { renderTemplates } from '#platform/charts/render/engine.ts';
import { coalesceValues } from '#platform/charts/values/coalesce.ts';
import { isTable } from '#platform/charts/values/table.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { readYamlValue } from '#platform/charts/values/yaml-values.ts';

interface Case {
  readonly group: string;
  readonly template: string;
  readonly values?: string;
  readonly partial?: number;
  readonly strict?: boolean;
  readonly output?: string;
  readonly error?: string;
}

const [head = '', ...lines] = readFileSync(join(import.meta.dirname, 'snippets.jsonl'), 'utf8')
  .trim()
  .split('\n');
const shared = JSON.parse(head) as { partial: string; values: Record<string, string> };
const cases = lines.map((line) => JSON.parse(line) as Case);
const path = 'c/templates/x.yaml';
const kubeVersion = parseKubeVersion('v1.32.4');

function chartOf(entry: Case): Chart {
  const encoder = new TextEncoder();
  const values = readYamlValue(entry.values ?? shared.values[entry.group] ?? '');
  const templates = [{ name: 'templates/x.yaml', data: encoder.encode(entry.template) }];
  if (entry.partial !== undefined) templates.push({ name: 'templates/_p.tpl', data: encoder.encode(shared.partial) });
  const texts = { name: 'c', version: '1.2.3', apiVersion: 'v2', appVersion: '4.5' };
  const empty = { home: '', description: '', icon: '', condition: '', tags: '', kubeVersion: '', type: '' };
  const none = { sources: undefined, keywords: undefined, maintainers: undefined, annotations: undefined };
  return {
    metadata: { ...empty, ...none, ...texts, deprecated: false, dependencies: undefined },
    lock: undefined,
    templates,
    files: [],
    raw: [],
    values: isTable(values) ? values : new Map(),
    schema: undefined,
    dependencies: [],
    parent: undefined,
  };
}

function outcome(entry: Case): Pick<Case, 'output' | 'error'> {
  const chart = chartOf(entry);
  const none: Table = new Map();
  try {
    const files = renderTemplates({
      chart,
      values: coalesceValues(chart, none, { mode: 'coalesce', warn: () => {} }),
      release: { name: 'rel', namespace: 'ns1', revision: 1, action: 'install' },
      capabilities: { kubeVersion, apiVersions: defaultApiVersions },
      functions: {
        base: templateFunctions(),
        mode: 'render',
        lookup: undefined,
        hostByName: undefined,
        warn: () => {},
      },
      strict: entry.strict === true,
    });
    return { output: files.get(path) ?? '' };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

for (const group of new Set(cases.map((entry) => entry.group))) {
  const own = cases.filter((entry) => entry.group === group);
  test(`${own.length} snippets of ${group} render as in Helm`, () => {
    for (const entry of own) {
      const { output, error } = entry;
      assert.deepEqual(outcome(entry), error === undefined ? { output } : { error }, JSON.stringify(entry.template));
    }
  });
}
