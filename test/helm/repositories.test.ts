/** `repo`, `search`, `pull` and references to repositories by real helm and by ours, against one server. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { ChartServer } from './chart-server.ts';
import { smallChart, startChartServer } from './chart-server.ts';
import { Worlds, skipWithoutHelm, timeless } from './worlds.ts';

const index = (entries: string): string =>
  `apiVersion: v1\ngenerated: "2020-01-01T00:00:00.120Z"\nentries:\n${entries}`;

const entry = (name: string, version: string, more = ''): string =>
  `  - apiVersion: v2\n    name: ${name}\n    version: ${version}\n    urls: [charts/${name}-${version}.tgz]\n${more}`;

const webIndex = index(
  `  web:\n${entry('web', '1.2.0', '    appVersion: "9"\n    description: A web server that has a long description, longer than fifty columns\n    keywords: [http, server]\n')}` +
    entry('web', '1.10.0', '    appVersion: v10\n    description: serves\n') +
    entry('web', '2.0.0-rc.1', '    description: soon\n') +
    `  cache:\n${entry('cache', '0.1.0+build.1', '    description: keeps HTTP answers\n')}`,
);

describe('repositories', { skip: skipWithoutHelm }, () => {
  let worlds: Worlds;
  let server: ChartServer;
  let guarded: ChartServer;

  before(async () => {
    worlds = new Worlds();
    server = await startChartServer();
    guarded = await startChartServer({ user: { name: 'jo', password: 'secret' } });
    for (const { files } of [server, guarded]) {
      files.set('/index.yaml', webIndex);
      for (const [name, version] of [
        ['web', '1.2.0'],
        ['web', '1.10.0'],
        ['web', '2.0.0-rc.1'],
        ['cache', '0.1.0+build.1'],
      ] as const)
        files.set(`/charts/${name}-${version}.tgz`, await smallChart(name, version));
    }
    server.files.set('/broken/index.yaml', 'a: [');
    server.files.set('/strange/index.yaml', index(`  web:\n${entry('web', '1.0.0', '    strange: 1\n')}`));
    const odd: Readonly<Record<string, string>> = {
      number: '    appVersion: 10.0\n',
      numbers: '    keywords: [1]\n',
      list: '    description: [a]\n',
      text: '    keywords: a\n',
      maintainer: '    maintainers: [{name: 1}]\n',
      dependency: '    dependencies: [{name: a, version: 1}]\n',
      digest: '    digest: 123\n',
      bool: '    deprecated: "yes"\n',
      twice: '    digest: a\n    digest: b\n',
      annotation: '    annotations: {a: 1}\n',
    };
    for (const [name, more] of Object.entries(odd))
      server.files.set(`/${name}/index.yaml`, index(`  web:\n${entry('web', '1.0.0', more)}`));
    server.files.set('/noversion/index.yaml', 'entries: {}\n');
    server.files.set('/moved/index.yaml', `redirect:${server.url}/index.yaml`);
    server.files.set(
      '/json/index.yaml',
      JSON.stringify({ apiVersion: 'v1', entries: { web: [{ name: 'web', version: '1.0.0', urls: [] }] } }),
    );
    server.files.set(
      '/invalid/index.yaml',
      index(`  web:\n${entry('web', 'one')}${entry('web', '1.0.0')}  ok:\n  -\n${entry('ok', '1.0.0')}`),
    );
  });

  after(async () => {
    await server.close();
    await guarded.close();
    worlds.close();
  });

  test('before any is added', async () => {
    await worlds.same('repo list');
    await worlds.same('repo list -o json');
    await worlds.same('repo list -o yaml');
    await worlds.same('repo update');
    await worlds.same('repo remove x');
    await worlds.same('search repo x');
    await worlds.same('pull web/web');
    await worlds.same('pull web');
    await worlds.same('template x web/web');
    await worlds.same('show chart ./nope');
    await worlds.same('template nope');
  });

  test('adding, listing, and what is refused', async () => {
    await worlds.same(`repo add web ${server.url}`);
    await worlds.same(`repo add web ${server.url}`);
    await worlds.same(`repo add web ${server.url}/other`);
    await worlds.same(`repo add a/b ${server.url}`);
    await worlds.same(`repo add gone ${server.url}/nowhere`);
    await worlds.same(`repo add broken ${server.url}/broken`, { words: 'our YAML parser words it otherwise' });
    for (const name of [
      'number',
      'numbers',
      'list',
      'text',
      'maintainer',
      'dependency',
      'digest',
      'bool',
      'twice',
      'annotation',
    ])
      await worlds.same(`repo add ${name} ${server.url}/${name}`);
    await worlds.same(`repo add noversion ${server.url}/noversion`);
    await worlds.same(`repo add strange ${server.url}/strange`);
    await worlds.same('repo add x http://127.0.0.1:1');
    await worlds.same('repo add x ftp://127.0.0.1:1');
    await worlds.same('repo add x nothing');
    await worlds.same('repo add x https://kubernetes-charts.storage.googleapis.com');
    await worlds.same(`repo add moved ${server.url}/moved --force-update`);
    await worlds.same(`repo add json ${server.url}/json --force-update`);
    await worlds.same(`repo add invalid ${server.url}/invalid`, { words: 'warnings come in any order' });
    await worlds.same(`repo add guarded ${guarded.url}`);
    await worlds.same(`repo add guarded ${guarded.url} --username jo --password wrong`);
    await worlds.same(`repo add guarded ${guarded.url} --username jo --password secret`);
    await worlds.same('repo list');
    await worlds.same('repo ls -o json');
    await worlds.same('repo list -o yaml');
    await worlds.same('repo list -o nope');
    await worlds.same('repo add x');
    const files = worlds.sameFiles(
      (text, path) =>
        path.endsWith('charts.txt') ? text.replace(/^\d+ /, '').split('\n').sort().join('\n') : timeless(text),
      'home/cache',
    );
    assert.ok('repository/web-index.yaml' in files);
    const config = (who: 'ours' | 'theirs'): string =>
      timeless(readFileSync(`${worlds.folder(who)}/home/config/repositories.yaml`, 'utf8'));
    assert.equal(config('ours'), config('theirs'));
  });

  test('updating and removing', async () => {
    await worlds.same('repo update', { order: 'any', words: 'warnings come in any order' });
    await worlds.same('repo update web');
    await worlds.same('repo update nope');
    await worlds.same('repo remove json moved invalid');
    await worlds.same('repo remove json');
    server.files.set('/gone/index.yaml', webIndex);
    await worlds.same(`repo add zzz ${server.url}/gone`);
    server.files.delete('/gone/index.yaml');
    await worlds.same('repo update', { order: 'any' });
    await worlds.same('repo update zzz --fail-on-repo-update-fail');
    await worlds.same('repo rm zzz');
  });

  for (const line of [
    'search repo',
    'search repo web',
    'search repo WEB -l',
    'search repo http',
    'search repo http --devel',
    'search repo web --version ^1',
    'search repo web -l --version >1',
    'search repo web --version what',
    'search repo -r w.b',
    'search repo -r ^serves',
    'search repo -r (',
    'search repo nothing',
    'search repo nothing --fail-on-no-result',
    'search repo nothing -o json',
    'search repo web -o json',
    'search repo web -o yaml -l',
    'search repo web --max-col-width 12',
    'search repo web --max-col-width 0',
    'search repo long description',
    'search hub x --endpoint http://127.0.0.1:1',
    'search hub x --endpoint nothing',
  ])
    test(line, async () => {
      await worlds.same(line);
    });

  for (const line of [
    'pull web/web',
    'pull web/web --version ^1.2 --untar',
    'pull web/web --untar',
    'pull web/web --devel',
    'pull web/web --version 9',
    'pull web/web --version what?',
    'pull web/none',
    'pull none/web',
    'pull web/cache --untar --untardir deep/er',
    'pull web/web --prov',
    'pull web/web --verify',
  ])
    test(line, async () => {
      await worlds.same(line);
    });

  test('folders for pull, and charts by URL', async () => {
    worlds.write('down/keep', '');
    worlds.write('guarded/keep', '');
    await worlds.same('pull web/web --version 1.2.0 -d down');
    await worlds.same('pull guarded/web -d guarded');
    await worlds.same(`pull ${server.url}/charts/web-1.10.0.tgz -d down`);
    await worlds.same(`pull ${server.url}/charts/none.tgz`);
    await worlds.same(`pull ${guarded.url}/charts/web-1.2.0.tgz`);
    await worlds.same(`pull ${guarded.url}/charts/web-1.2.0.tgz -d guarded --username jo --password secret`);
    await worlds.same(`pull web --repo ${server.url} -d guarded`);
    await worlds.same(`pull web --repo ${server.url}/nowhere`);
    await worlds.same(`pull nope --repo ${server.url}`);
    await worlds.same(`pull nope --version 1 --repo ${server.url}`);
    await worlds.same(
      `pull web --repo ${guarded.url} --username jo --password secret --version 1.2.0 --untar --untardir u`,
    );
    worlds.sameFiles((text) => createHash('sha256').update(text).digest('hex'));
  });

  test('templates and what is shown of charts in repositories', async () => {
    await worlds.same('template r web/web');
    await worlds.same('template r web/web --version 1.2.0');
    await worlds.same(`template r ${server.url}/charts/web-1.2.0.tgz`);
    await worlds.same(`template r web --repo ${server.url}`);
    await worlds.same('show chart web/web');
    await worlds.same('show chart web/web --devel');
    await worlds.same(`show values web --repo ${guarded.url} --username jo --password secret`);
    await worlds.same(`show values web --repo ${guarded.url} --username jo --password wrong`);
  });

  test('a password from standard input', async () => {
    const line = `repo add piped ${guarded.url} --username jo --password-stdin`;
    await worlds.same(line, { input: 'secret\n' });
    await worlds.same('repo remove piped');
  });

  test('a hub', async () => {
    const data = [
      {
        id: 'a/web',
        attributes: { name: 'web', description: 'A server <b>', repo: { name: 'a', url: 'https://a.example.com' } },
        relationships: { latestChartVersion: { data: { version: '1.0.0', app_version: '9' } } },
      },
      { id: 'b/web', artifactHub: { packageUrl: 'https://artifacthub.io/packages/helm/b/web' } },
    ];
    server.files.set('/api/chartsvc/v1/charts/search', JSON.stringify({ data }));
    for (const flags of ['', ' --list-repo-url', ' -o json', ' -o yaml', ' --max-col-width 9'])
      await worlds.same(`search hub a b${flags} --endpoint ${server.url}`);
    server.files.set('/api/chartsvc/v1/charts/search', 'no JSON');
    await worlds.same(`search hub x --endpoint ${server.url}`);
    await worlds.same(`search hub x --endpoint ${server.url} --fail-on-no-result`);
    server.files.delete('/api/chartsvc/v1/charts/search');
    await worlds.same(`search hub x --endpoint ${server.url}`);
  });

  test('a folder is a repository, too; others cannot name its files', async () => {
    worlds.remove('web');
    worlds.write('folder/web-1.0.0.tgz', await smallChart('web', '1.0.0'));
    const folder = `file://${worlds.path('ours', 'folder')}`;
    const run = async (line: string): Promise<[number, string]> => {
      const { code, stderr } = await worlds.ours(line.split(' '));
      return [code, stderr];
    };
    assert.deepEqual(await run('repo index folder'), [0, '']);
    assert.deepEqual(await run(`repo add folder ${folder}`), [0, '']);
    assert.deepEqual(await run('repo update folder'), [0, '']);
    assert.deepEqual(await run('template r folder/web'), [0, '']);
    assert.deepEqual(await run(`template r web --repo ${folder}`), [0, '']);
    const [code, message] = await run(`repo add none ${folder}/none`);
    assert.match(`${code} ${message}`, /^1 Error: .* failed to fetch file:.*index.yaml : 404 Not Found\n$/);
    const stolen = `${folder}/web-1.0.0.tgz`;
    server.files.set(
      '/thief/index.yaml',
      index(`  loot:\n  - {apiVersion: v2, name: loot, version: 1.0.0, urls: ["${stolen}"]}\n`),
    );
    server.files.set('/redirect.tgz', `redirect:${stolen}`);
    const refused: [number, string] = [1, 'Error: scheme "file" not supported\n'];
    assert.deepEqual(await run(`template r loot --repo ${server.url}/thief`), refused);
    assert.deepEqual(await run(`repo add thief ${server.url}/thief`), [0, '']);
    assert.deepEqual(await run('pull thief/loot'), refused);
    assert.match((await run(`pull ${server.url}/redirect.tgz`))[1], /unsupported protocol scheme "file"/);
  });

  test('credentials stay with their repository', async (context) => {
    const other = await startChartServer();
    context.after(() => other.close());
    other.files.set('/web-1.0.0.tgz', await smallChart('web', '1.0.0'));
    guarded.files.set(
      '/far/index.yaml',
      index(`  web:\n  - {apiVersion: v2, name: web, version: 1.0.0, urls: ["${other.url}/web-1.0.0.tgz"]}\n`),
    );
    await worlds.same(`repo add far ${guarded.url}/far --username jo --password secret`);
    await worlds.same('pull far/web --untar --untardir far');
    await worlds.same(
      `repo add far ${guarded.url}/far --username jo --password secret --pass-credentials --force-update`,
    );
    await worlds.same('pull far/web --untar --untardir far2');
    worlds.remove('web');
    await worlds.same('repo remove far');
    await worlds.same(`template r web --repo ${guarded.url}/far --username jo --password secret`);
    const token = `Basic ${btoa('jo:secret')}`;
    assert.deepEqual(other.requests, [
      'GET /web-1.0.0.tgz',
      'GET /web-1.0.0.tgz',
      `GET /web-1.0.0.tgz ${token}`,
      `GET /web-1.0.0.tgz ${token}`,
      'GET /web-1.0.0.tgz',
      'GET /web-1.0.0.tgz',
    ]);
  });
});
