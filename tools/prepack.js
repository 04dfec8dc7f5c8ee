/**
 * What `npm pack` packs: `node tools/prepack.js` writes dist/ and a package.json that points into it, `… restore` puts the
 * checkout's own package.json back.
 *
 * The JavaScript is what Node itself makes of the sources when a checkout runs them (types blanked out, lines kept), the
 * declarations are tsc's. Imports stay `#layer/file.ts`: the packed package.json maps `#*.ts` to `./dist/*.js`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleText } from './bundle.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const manifest = join(root, 'package.json');
const kept = join(root, '.cache/package.json');

function writeDist() {
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  for (const entry of readdirSync(join(root, 'src'), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || /\.test\.ts$|\.tmp\.ts$|testdata/.test(join(entry.parentPath, entry.name))) continue;
    const from = join(entry.parentPath, entry.name);
    const to = from.replace(join(root, 'src'), dist);
    mkdirSync(dirname(to), { recursive: true });
    if (from.endsWith('.ts')) writeFileSync(to.replace(/\.ts$/, '.js'), javaScriptOf(from));
    else copyFileSync(from, to);
  }
  // `wheelhouse helm` runs from one file.
  writeFileSync(join(dist, 'helm.cjs'), bundleText('.').text);
}

function javaScriptOf(file) {
  const text = stripTypeScriptTypes(readFileSync(file, 'utf8'), { mode: 'strip' });
  return text.replace(/[ \t]+$/gm, '');
}

function writeDeclarations() {
  const tsc = spawnSync('tsc', ['--project', 'tools/tsconfig.pack.json'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (tsc.status !== 0) throw new Error('tsc failed; its words are above');
}

function writeManifest() {
  const text = readFileSync(manifest, 'utf8');
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, text);
  const { devDependencies: _dev, ...packed } = JSON.parse(text);
  packed.imports = { '#*.ts': './dist/*.js', '#*.json': './dist/*.json' };
  packed.exports = Object.fromEntries(
    Object.entries(packed.exports).flatMap(([name, target]) => packedExport(name, target)),
  );
  writeFileSync(manifest, `${JSON.stringify(packed, null, 2)}\n`);
}

/** `./client` → types and code in dist; a pattern is there with and without `.ts`. */
function packedExport(name, target) {
  const base = target.replace('./src/', './dist/').replace(/\.ts$/, '');
  const entry = { types: `${base}.d.ts`, default: `${base}.js` };
  return name.endsWith('*')
    ? [
        [`${name}.ts`, entry],
        [name, entry],
      ]
    : [[name, entry]];
}

if (process.argv[2] === 'restore') {
  if (existsSync(kept)) copyFileSync(kept, manifest);
  rmSync(kept, { force: true });
} else {
  writeDist();
  writeDeclarations();
  writeManifest();
}
