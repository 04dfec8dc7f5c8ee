/**
 * Holds the tree to tools/layers.ts: who imports whom, node:* only where the machine may be touched, no import cycles of
 * values, no dead files, sizes as ratchets, every room says what it is for, links in docs resolve.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { layers, roles } from './layers.ts';

const root = join(import.meta.dirname, '..');

interface Import {
  readonly target: string;
  readonly isType: boolean;
}
interface Module {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes('node_modules'));
}

function importsOf(text: string): Import[] {
  const pattern = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
  const statics = [...text.matchAll(pattern)].map((match) => ({
    target: match[2] as string,
    isType: match[1] !== undefined,
  }));
  const dynamics = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map((match) => ({
    target: match[1] as string,
    isType: false,
  }));
  return [...statics, ...dynamics];
}

const modules: Module[] = filesBelow('src', '.ts').map((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, imports: importsOf(text) };
});
const production = modules.filter((module) => !module.path.endsWith('.test.ts') && !module.path.includes('/testdata/'));

function layerOf(pathBelowSrc: string): string | undefined {
  return Object.keys(layers)
    .filter((name) => pathBelowSrc === name || pathBelowSrc.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
}

test('every import is one that the layer allows', () => {
  const wrong: string[] = [];
  for (const module of production) {
    const own = layerOf(module.path.slice('src/'.length));
    assert.ok(own !== undefined, `${module.path} is in no layer`);
    const layer = layers[own];
    const forbidden = roles[module.path.split('/').at(-1) as string] ?? [];
    for (const { target, isType } of module.imports) {
      if (target.startsWith('node:')) {
        if (layer?.node !== true) wrong.push(`${module.path} imports ${target}`);
      } else if (target.startsWith('#')) {
        const wanted = target.slice(1);
        const isOwn = wanted.startsWith(`${own}/`);
        const isAllowed = isOwn || (layer?.imports ?? []).some((name) => wanted.startsWith(`${name}/`));
        if (!isAllowed || (own === 'kinds' && forbidden.some((name) => wanted.startsWith(`${name}/`))))
          wrong.push(`${module.path} imports ${target}`);
      } else if (target.startsWith('.')) {
        wrong.push(`${module.path} imports ${target}: write it from the root, #layer/file.ts`);
      } else {
        const name = target
          .split('/')
          .slice(0, target.startsWith('@') ? 2 : 1)
          .join('/');
        if (!isType && !(layer?.packages ?? []).includes(name))
          wrong.push(`${module.path} imports the package ${name}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('no cycle among value imports', () => {
  const edges = new Map(
    production.map((module) => [
      module.path,
      module.imports
        .filter((item) => !item.isType && item.target.startsWith('#'))
        .map((item) => `src/${item.target.slice(1)}`),
    ]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    state.set(path, 'open');
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of edges.keys()) visit(path, []);
  assert.deepEqual(cycles, []);
});

test('every file is imported by another, or is an entry', () => {
  const entries = /^src\/(cmd\/|testing\/|api\/generated\/)|worker\.ts$/;
  const everything = [
    ...modules,
    ...['tools', 'test', 'bench', 'examples'].flatMap((folder) => filesBelow(folder, '.ts')).map(asModule),
  ];
  const used = new Set(
    everything.flatMap((module) => module.imports.map((item) => `src/${item.target.replace(/^#|^wheelhouse\//, '')}`)),
  );
  const dead = production
    .map((module) => module.path)
    .filter((path) => !used.has(path) && !entries.test(path) && !isExported(path));
  assert.deepEqual(dead, []);
});

function asModule(path: string): Module {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, imports: importsOf(text) };
}

function isExported(path: string): boolean {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, string> };
  return Object.values(manifest.exports).includes(`./${path}`);
}

/** Files and functions that are longer than the ratchet allows, each with its reason. */
const longFiles: Readonly<Record<string, string>> = {};

test('no file is over 500 lines', () => {
  const long = production
    .filter((module) => !module.path.startsWith('src/api/generated/') && longFiles[module.path] === undefined)
    .map((module) => `${module.path}: ${module.text.split('\n').length} lines`)
    .filter((line) => Number(/(\d+) lines/.exec(line)?.[1]) > 501);
  assert.deepEqual(long, []);
});

test('no default exports, enums or decorators', () => {
  const wrong = production
    .filter((module) => /^export default|^(export )?(const )?enum |^@\w+\(/m.test(module.text))
    .map((module) => module.path);
  assert.deepEqual(wrong, []);
});

test('names that say nothing are not used for files', () => {
  const vague = production
    .map((module) => module.path)
    .filter((path) => /\/(utils?|helpers?|common|misc|types)(\.ts|\/)/.test(path));
  assert.deepEqual(vague, []);
});

test('every layer of the table exists and the architecture lists it', () => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  for (const [name, layer] of Object.entries(layers)) {
    assert.ok(
      text.includes(`\`${name}/\``) && text.includes(layer.purpose),
      `docs/architecture.md does not list ${name}/: ${layer.purpose}`,
    );
  }
});

test('links in the documentation resolve', () => {
  const broken: string[] = [];
  for (const path of [...filesBelow('docs', '.md'), 'README.md', 'CONTRIBUTING.md']) {
    const text = readFileSync(join(root, path), 'utf8');
    for (const match of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      if (!existsSync(join(root, dirname(path), match[1] as string))) broken.push(`${path}: ${match[1]}`);
    }
  }
  assert.deepEqual(broken, []);
});
