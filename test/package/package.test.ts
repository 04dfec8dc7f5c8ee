/** The tarball that `npm pack` makes works where it is installed: an empty folder, no checkout, no TypeScript at run time. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { noRealNode, run } from '../cluster/harness.ts';
import { leftoversOf } from '../cluster/leftovers.ts';

const checkout = join(import.meta.dirname, '../..');
const parts = [
  'src',
  'spec',
  'bin',
  'examples',
  'tools',
  'package.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
  'NOTICE',
];

describe('the packed package', { timeout: 300_000 }, () => {
  let folder: string;
  let installed: string;

  before(async () => {
    folder = mkdtempSync('/tmp/wheelhouse-package-');
    installed = join(folder, 'installed');
    const source = copyOfCheckout(join(folder, 'source'));
    const manifest = readFileSync(join(source, 'package.json'), 'utf8');
    const packed = await run('npm', ['pack', '--pack-destination', folder, '--loglevel=error'], { cwd: source });
    assert.equal(packed.code, 0, packed.stderr);
    assert.equal(readFileSync(join(source, 'package.json'), 'utf8'), manifest, 'postpack puts package.json back');
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    mkdirSync(installed);
    writeFileSync(join(installed, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    const install = await run('npm', ['install', ...options, join(folder, tarball ?? '')], { cwd: installed });
    assert.equal(install.code, 0, install.stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('holds dist and spec, no sources and no tests', () => {
    const root = join(installed, 'node_modules/wheelhouse');
    assert.deepEqual(
      [
        'dist/cmd/main.js',
        'dist/host/sqlite/worker.js',
        'dist/api/generated/schema-tables.json',
        'spec/kubernetes',
        'src',
        'node_modules',
      ].map((path) => existsSync(join(root, path))),
      [true, true, true, true, false, false],
    );
    const names = readdirSync(root, { recursive: true }) as string[];
    assert.deepEqual(
      names.filter((name) => /\.test\.|(?<!\.d)\.ts$/.test(name)),
      [],
    );
  });

  test('wheelhouse up is ready without a node, and ends with SIGINT', async () => {
    const dataDir = join(folder, 'data');
    await upAndDown(['--ephemeral', '--no-node', '--data-dir', dataDir]);
    assert.deepEqual(await leftoversOf({ id: idOf(dataDir), dataDir, links: [] }), []);
  });

  test('wheelhouse up runs the real node from it', noRealNode === undefined ? {} : { skip: noRealNode }, async () => {
    const dataDir = join(folder, 'data-with-node');
    await upAndDown(['--ephemeral', '--node', '--data-dir', dataDir]);
    const id = idOf(dataDir);
    assert.deepEqual(await leftoversOf({ id, dataDir, links: [`wh-${id}`] }), []);
  });

  test('createCluster() of wheelhouse/testing makes a cluster', async () => {
    const program = `
      import { createCluster } from 'wheelhouse/testing';
      import { configmaps } from 'wheelhouse/api/resources';
      await using cluster = await createCluster({ nodes: 1 });
      const key = { namespace: 'default', name: 'one' };
      await cluster.client.create(configmaps, { metadata: key, data: { a: 'b' } });
      console.log((await cluster.client.get(configmaps, key)).data?.a);`;
    writeFileSync(join(installed, 'program.mjs'), program);
    const finished = await run(process.execPath, ['program.mjs'], { cwd: installed });
    assert.deepEqual(finished, { code: 0, stdout: 'b\n', stderr: '' });
  });

  test('wheelhouse/charts renders a chart, and wheelhouse helm runs from one file', async () => {
    const program = `
      import { defaultCapabilities, loadChart, manifestText, parseValues, renderChart } from 'wheelhouse/charts';
      import { templateFunctions, unpackChart } from 'wheelhouse/charts/node';
      const warn = () => {};
      const file = (name, text) => ({ name, data: new TextEncoder().encode(text) });
      const chart = await loadChart(
        [
          file('Chart.yaml', 'apiVersion: v2\\nname: web\\nversion: 0.1.0\\n'),
          file('values.yaml', 'greeting: hello\\n'),
          file('templates/map.yaml', 'kind: ConfigMap\\nmetadata: {name: {{ .Release.Name }}}\\ndata: {a: {{ .Values.greeting | upper }}}'),
        ],
        { unpack: unpackChart, warn },
      );
      const rendered = await renderChart(chart, {
        release: { name: 'one', namespace: 'default', revision: 1, action: 'install' },
        capabilities: defaultCapabilities,
        values: parseValues('greeting: hi', 'values'),
        functions: templateFunctions(),
        notes: 'root',
        schemas: 'check',
        warn,
      });
      process.stdout.write(manifestText(rendered));`;
    writeFileSync(join(installed, 'charts.mjs'), program);
    const finished = await run(process.execPath, ['charts.mjs'], { cwd: installed });
    const text = '---\n# Source: web/templates/map.yaml\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: HI}\n';
    assert.deepEqual(finished, { code: 0, stdout: text, stderr: '' });
    const command = join(installed, 'node_modules/.bin/wheelhouse');
    const helm = (...line: string[]) =>
      run('env', [`XDG_CACHE_HOME=${folder}`, command, 'helm', ...line], { cwd: installed });
    assert.equal((await helm('create', 'made')).code, 0);
    for (const _time of ['compiled', 'from what was compiled']) {
      const shown = await helm('template', 'made');
      assert.match(shown.stdout, /name: release-name-made/);
      assert.equal(shown.code, 0, shown.stderr);
    }
  });

  test("its declarations type a user's program", async () => {
    const program = `
      import { createCluster } from 'wheelhouse/testing';
      import { pods } from 'wheelhouse/api/resources';
      const cluster = await createCluster({ nodes: 1 });
      const pod = await cluster.client.get(pods, { name: 'a', namespace: 'default' });
      export const phase: string | undefined = pod.status?.phase;
      // @ts-expect-error there is no such field
      export const wrong = pod.status?.fase;`;
    writeFileSync(join(installed, 'program.ts'), program);
    const options = [
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'esnext',
      '--strict',
      '--skipLibCheck',
      '--types',
      '',
    ];
    const finished = await run(join(checkout, 'node_modules/.bin/tsc'), [...options, 'program.ts'], { cwd: installed });
    assert.deepEqual(finished, { code: 0, stdout: '', stderr: '' });
  });

  /** Of the installed command: until it says ready, then SIGINT; it must end with 0. */
  function upAndDown(flags: readonly string[]): Promise<void> {
    const command = join(installed, 'node_modules/.bin/wheelhouse');
    const child = spawn(command, ['up', '--listen', '127.0.0.1:0', ...flags], { cwd: installed });
    let [said, words] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => void (words += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (/^ready https:\S+ kubeconfig \S+$/m.test(said)) child.kill('SIGINT');
    });
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => {
        if (code === 0 && said.startsWith('ready ')) resolve();
        else reject(new Error(`up ended with ${code}: ${said}${words}`));
      });
    });
  }
});

/** `npm pack` changes package.json for a moment: in a copy nobody else sees that. */
function copyOfCheckout(target: string): string {
  mkdirSync(target);
  for (const part of parts) cpSync(join(checkout, part), join(target, part), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(target, 'node_modules'));
  return target;
}

function idOf(dataDir: string): string {
  return (JSON.parse(readFileSync(join(dataDir, 'instance.json'), 'utf8')) as { id: string }).id;
}
