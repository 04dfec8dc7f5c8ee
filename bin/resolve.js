// Finds the sources' own imports, `#layer/file.ts`, by their name alone. Node would read package.json's map and ask the
// disk for each of some thousand: a fifth of the time to start. Loaded with --require, so that threads have it, too.
const { existsSync } = require('node:fs');
const { registerHooks } = require('node:module');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const root = join(__dirname, '..');
const isSource = existsSync(join(root, 'src/cmd/main.ts'));
const base = `${pathToFileURL(join(root, isSource ? 'src' : 'dist')).href}/`;

function resolve(specifier, context, nextResolve) {
  if (specifier[0] !== '#' || !specifier.endsWith('.ts') || !context.parentURL?.startsWith(base))
    return nextResolve(specifier, context);
  const path = specifier.slice(1);
  return isSource
    ? { url: base + path, format: 'module-typescript', shortCircuit: true }
    : { url: `${base}${path.slice(0, -2)}js`, format: 'module', shortCircuit: true };
}

registerHooks?.({ resolve });
