// Runs the modules of `wheelhouse helm …` from one file (tools/bundle.js). What V8 compiled of it the first time is kept in
// the user's cache folder, one file per verb: Node's own compile cache would keep the outermost functions only.
const { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { Script, constants } = require('node:vm');

const verbs = new Set(
  'create crds dependency diff drift env get history install lint list package pull push registry repo rollback search show status template test uninstall unittest unlock upgrade verify version'.split(
    ' ',
  ),
);

/** Tells installations apart in the names of files. */
function numberOf(text) {
  let number = 0;
  for (let at = 0; at < text.length; at++) number = (number * 31 + text.charCodeAt(at)) >>> 0;
  return number.toString(36);
}

/** `file` is the bundle, `cache` the folder for compiled code. Resolves when the line has run; sets the exit code. */
exports.runBundle = async (file, cache, line) => {
  // A line lives for a tenth of a second: the young heap grows at once, and no helper threads are called for so little.
  setFlagsFromString('--semi-space-growth-factor=16');
  setFlagsFromString('--no-parallel-scavenge');
  const { size, mtimeMs } = statSync(file);
  const verb = line.find((word) => verbs.has(word)) || 'other';
  const owner = `helm-${verb}-${numberOf(file)}-`;
  const kept = join(cache, `${owner}${process.versions.v8}-${size}-${Math.trunc(mtimeMs)}`);
  const cachedData = read(kept);
  // The bundle is plain ASCII.
  const source = readFileSync(file, 'latin1');
  const importModuleDynamically = constants && constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const script = new Script(source, { filename: file, cachedData, importModuleDynamically });
  const bundle = {};
  script.runInThisContext()(bundle, require, dirname(file));
  await bundle.helmMain(line);
  if ((cachedData === undefined || script.cachedDataRejected) && !process.exitCode)
    keep(kept, script.createCachedData(), owner);
};

/** The bundle of a checkout: made anew if a source is newer. Undefined if it cannot be made. */
exports.bundleOfCheckout = async (root) => {
  const file = join(root, '.cache/helm/helm.cjs');
  if (isFresh(root, file)) return file;
  try {
    // The stripping of types is announced as experimental.
    process.removeAllListeners('warning');
    const { writeBundle } = await import(join(root, 'tools/bundle.js'));
    writeBundle();
    return file;
  } catch (error) {
    if (process.env.WHEELHOUSE_DEBUG) process.stderr.write(`no bundle: ${error.stack}\n`);
    return undefined;
  }
};

function isFresh(root, file) {
  try {
    const { mtimeMs } = statSync(file);
    const sources = JSON.parse(readFileSync(join(dirname(file), 'sources.json'), 'utf8'));
    return sources.every((source) => statSync(join(root, source)).mtimeMs <= mtimeMs);
  } catch {
    return false;
  }
}

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Whole or not at all; a folder that cannot be written only costs time. */
function keep(path, data, owner) {
  const fresh = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    for (const name of readdirSync(dirname(path)))
      if (name.startsWith(owner)) rmSync(join(dirname(path), name), { force: true });
    writeFileSync(fresh, data, { mode: 0o600 });
    renameSync(fresh, path);
  } catch {
    rmSync(fresh, { force: true });
  }
}
