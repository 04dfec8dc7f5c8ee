/**
 * The modules of `wheelhouse helm …` in one file: loading 150 modules one by one costs more than rendering a chart.
 *
 *   node tools/bundle.js            writes .cache/helm/helm.cjs and the list of its sources beside it
 *
 * Each module becomes a function that is called when it is first needed, imports become calls, packages are required when
 * the module that names them runs. That is enough for this tree: it has no cycles of values, no default exports, no
 * mutable exports (tools/tidy.test.ts and this file's own checks).
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entry = 'cmd/helm/main.ts';
/** Packages that nearly every line needs: their files go into the bundle as they are, each a CommonJS module. */
const inlined = {
  '@bufbuild/re2': 'dist/cjs/index.js',
  'js-yaml': 'dist/js-yaml.cjs.js',
  'smol-toml': 'dist/index.cjs',
};

/** The text of the bundle; `home` is where src/ or dist/ lies as the bundle's file sees it, for files beside modules. */
export function bundleText(home) {
  const modules = new Map();
  const visit = (path) => {
    if (modules.has(path)) return;
    const module = translate(path);
    modules.set(path, module);
    for (const next of module.needs) visit(next);
  };
  visit(entry);
  const files = new Map();
  for (const [name, main] of Object.entries(inlined)) addPackageFile(`${name}/${main}`, files);
  const names = [...modules.keys()];
  const ids = new Map(names.map((name, index) => [name, index]));
  const bodies = names.map((name) => bodyOf(name, modules.get(name), ids));
  const text = [
    '(function (exports, require, __dirname) {',
    '// Made by tools/bundle.js.',
    "'use strict';",
    "const { join: $join } = require('node:path');",
    `const $home = $join(__dirname, ${JSON.stringify(home)});`,
    'const $done = [];',
    'function $get(id) { return $done[id] ??= $modules[id](); }',
    'function $load(id) { return new Promise((resolve) => resolve($get(id))); }',
    ...runtime,
    `const $files = {\n${[...files].map(([name, body]) => `${JSON.stringify(name)}: ${body}`).join(',\n')},\n};`,
    `const $modules = [\n${bodies.join(',\n')},\n];`,
    'exports.helmMain = $get(0).helmMain;',
    '})\n',
  ].join('\n');
  // Plain ASCII is read and kept without decoding.
  const ascii = text.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return { text: ascii, sources: names };
}

const runtime = [
  'const $loaded = {};',
  'function $file(name) {',
  '  const known = $loaded[name];',
  '  if (known !== undefined) return known.exports;',
  '  const module = $loaded[name] = { exports: {} };',
  '  $files[name](module, module.exports);',
  '  return module.exports;',
  '}',
];

/** A package's file and those that it requires by a relative path. */
function addPackageFile(name, files) {
  if (files.has(name)) return;
  files.set(name, '');
  const text = readFileSync(join(root, 'node_modules', name), 'utf8').replace(/^\/\/# sourceMappingURL.*$/m, '');
  const body = text.replace(/\brequire\("(\.[^"]+)"\)/g, (_all, to) => {
    const path = join(dirname(name), to);
    addPackageFile(path, files);
    return `$file(${JSON.stringify(path)})`;
  });
  files.set(name, `(module, exports) => {\n${body}\n}`);
}

/**
 * What these export is often imported and seldom used: functions are fetched when they are called, classes when an object of
 * theirs is made. Constants, and classes of which more is wanted, are fetched at once.
 */
const isLate = (name) =>
  /^node:(?:crypto|zlib|net|http|https|http2|tls|child_process|readline)$/.test(name) || !name.startsWith('node:');

function lateImports(names, source, body) {
  const given = names
    .replace(/^\{\s*|\s*\}$/g, '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const late = [];
  const now = [];
  for (const each of given) {
    const [theirs, own = theirs] = each.split(/\s+as\s+/);
    const isMade =
      new RegExp(`\\bnew ${own}\\(`).test(body) &&
      !new RegExp(`(?:instanceof|extends) ${own}\\b|\\b${own}\\.`).test(body);
    if (isMade) late.push(`const ${own} = function (...args) { return new (${source}.${theirs})(...args); };`);
    else if (/^[a-z]/.test(theirs) && !['constants', 'webcrypto'].includes(theirs))
      late.push(`const ${own} = (...args) => ${source}.${theirs}(...args);`);
    else now.push(theirs === own ? own : `${theirs}: ${own}`);
  }
  return [...late, ...(now.length === 0 ? [] : [`const { ${now.join(', ')} } = ${source};`])].join(' ');
}

/** A module's JavaScript with imports and exports taken out, and what they were. */
function translate(path) {
  const original = readFileSync(join(root, 'src', path), 'utf8');
  // Where a type held letters beyond ASCII, blanks of their width are left.
  const source = stripTypeScriptTypes(original, { mode: 'strip' }).replace(/[^\S\n ]/g, (blank) =>
    original.includes(blank) ? blank : ' ',
  );
  const needs = new Set();
  const exported = [];
  const passedOn = [];
  const target = (name) => {
    if (!name.startsWith('#')) return { package: name };
    needs.add(name.slice(1));
    return { module: name.slice(1) };
  };
  const heads = [];
  let body = source.replace(
    /^import\s+([\w$]+)\s+from\s+'#([^']+\.json)' with \{ type: 'json' \};/gm,
    (_all, name, file) => {
      heads.push({ names: name, from: { json: file } });
      return '';
    },
  );
  body = body.replace(/^import\s+([^'"]*?)\s*from\s+'([^']+)';/gm, (_all, names, from) => {
    heads.push({ names: names.replace(/\s+/g, ' ').trim(), from: target(from) });
    return '';
  });
  body = body.replace(/^import\s+'([^']+)';/gm, (_all, from) => {
    heads.push({ names: '{ }', from: target(from) });
    return '';
  });
  body = body.replace(/^export\s+\{([^}]*)\}\s*from\s+'([^']+)';/gm, (_all, names, from) => {
    for (const name of names
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')) {
      const [own, shown = own] = name.split(/\s+as\s+/);
      passedOn.push({ own, shown, from: target(from) });
    }
    return '';
  });
  body = body.replace(/^export\s+\{([^}]*)\};?/gm, (_all, names) => {
    for (const name of names
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')) {
      const [own, shown = own] = name.split(/\s+as\s+/);
      exported.push(own === shown ? own : `${shown}: ${own}`);
    }
    return '';
  });
  body = body.replace(
    /^export\s+(async function\*?|function\*?|const|class|abstract class)\s+([\w$]+)/gm,
    (_all, kind, name) => {
      exported.push(name);
      return `${kind} ${name}`;
    },
  );
  const rest = /^(?:export|import)\b.*$/m.exec(body);
  if (rest !== null) throw new Error(`${path}: the bundler does not know this: ${rest[0]}`);
  const dynamic = [];
  body = body.replace(/\bimport\('([^']+)'\)/g, (_all, from) => {
    dynamic.push(target(from));
    return `\0${dynamic.length - 1}\0`;
  });
  return { body, heads, exported, passedOn, dynamic, needs: [...needs] };
}

function bodyOf(name, { body, heads, exported, passedOn, dynamic }, ids) {
  const required = (from) =>
    from in inlined ? `$file(${JSON.stringify(`${from}/${inlined[from]}`)})` : `require('${from}')`;
  const call = (from) => ('module' in from ? `$get(${ids.get(from.module)})` : required(from.package));
  const imports = heads.map(({ names, from }) => {
    if ('json' in from) return `const ${names} = require($join($home, ${JSON.stringify(from.json)}));`;
    if (names.startsWith('*')) return `const ${names.replace(/^\*\s+as\s+/, '')} = ${call(from)};`;
    if (names.startsWith('{') && 'package' in from && isLate(from.package)) return lateImports(names, call(from), body);
    if (names.startsWith('{')) return `const ${names.replace(/([\w$]+) as ([\w$]+)/g, '$1: $2')} = ${call(from)};`;
    // What Node gives as the default of a CommonJS package: all that it exports.
    if ('package' in from) return `const ${names} = ${call(from)};`;
    throw new Error(`${name}: default imports of modules are not bundled`);
  });
  const all = [...exported, ...passedOn.map(({ own, shown, from }) => `${shown}: ${call(from)}.${own}`)];
  const text = body
    .replaceAll('import.meta.dirname', `$join($home, ${JSON.stringify(dirname(name))})`)
    .replaceAll('import.meta.filename', `$join($home, ${JSON.stringify(name)})`)
    .replace(/\0(\d+)\0/g, (_all, index) => {
      const from = dynamic[Number(index)];
      return 'module' in from ? `$load(${ids.get(from.module)})` : `Promise.resolve(${required(from.package)})`;
    })
    .replace(/^[ \t]*\/\*\*[^]*?\*\/$/gm, '')
    .replace(/^[ \t]*\/\/ .*$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n');
  return `/* ${name} */ () => {\n${imports.join('\n')}\n${text}\nreturn { ${all.join(', ')} };\n}`;
}

/** Writes the bundle of a checkout, and the list of its sources beside it. */
export function writeBundle() {
  const folder = join(root, '.cache/helm');
  mkdirSync(folder, { recursive: true });
  const { text, sources } = bundleText('../../src');
  put(join(folder, 'helm.cjs'), text);
  put(join(folder, 'sources.json'), JSON.stringify([...sources.map((name) => `src/${name}`), 'tools/bundle.js']));
}

/** Whole or not at all: others may be reading. */
function put(path, text) {
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeBundle();
