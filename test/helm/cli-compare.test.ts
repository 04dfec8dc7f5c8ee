/**
 * The same command lines by real helm 3.22 and by ours: standard output, exit code and standard error byte for byte, and the
 * files that were written. Where they differ on purpose, the line says so.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chartFiles } from './cli-charts.ts';
import { environmentOf, fill, ours, realHelm, theirs, treeOf } from './real-helm.ts';

interface Case {
  readonly line: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Files are compared, too. */
  readonly writes?: true;
  /** Why standard error is not compared. */
  readonly words?: string;
}

const line = (text: string, more: Omit<Case, 'line'> = {}): Case => ({ line: text, ...more });

const reading: readonly Case[] = [
  line('instal'),
  line('nonsense'),
  line('--foo'),
  line('-x'),
  line('--namespace'),
  line('get --foo'),
  line('template'),
  line('template a b c'),
  line('template a b c d'),
  line('template --timeout x a b'),
  line('template --timeout 5 a b'),
  line('template --timeout 5x a b'),
  line('template -n'),
  line('template --set'),
  line('template --wait=maybe app'),
  line('template -ghx'),
  line('template --=x'),
  line('template ---x'),
  line('template -l a r app'),
  line('template -l a=b,c r app'),
  line('template -l name=b r app'),
  line('template --burst-limit=x r app'),
  line('template --qps=x r app'),
  line('version --short'),
  line('version'),
  line('version x'),
  line('version --template {{.Version}}:{{.GoVersion}}'),
  line('version --template {{.Nope}}'),
  line('env HELM_MAX_HISTORY'),
  line('env HELM_NAMESPACE'),
  line('env NOPE'),
  line('env HELM_NAMESPACE -n x'),
  line('env HELM_NAMESPACE', { env: { HELM_NAMESPACE: 'y' } }),
  line('env HELM_NAMESPACE', { env: { KUBECONFIG: 'kubeconfig-b' } }),
  line('env HELM_NAMESPACE --kube-context a', { env: { KUBECONFIG: 'kubeconfig-b' } }),
  line('env HELM_NAMESPACE --kubeconfig kubeconfig-b'),
  line('env HELM_MAX_HISTORY', { env: { HELM_MAX_HISTORY: '3' } }),
  line('env HELM_KUBEASGROUPS', { env: { HELM_KUBEASGROUPS: ' a,b, ' } }),
  line('env HELM_QPS --qps 1.234'),
  line('env a b'),

  line('template app'),
  line('template r app'),
  line('template r ./app'),
  line('-n ns template r app'),
  line('--namespace=ns template r app'),
  line('template -nns r app'),
  line('template r app', { env: { KUBECONFIG: 'kubeconfig-b' } }),
  line('template r app -f values-a.yaml'),
  line('template r app -f values-a.yaml,values-b.yaml'),
  line('template r app -fvalues-a.yaml --values=values-b.yaml'),
  line('template r app -f nope.yaml'),
  line('template r app -f values-broken.yaml'),
  line('template r app -f values-list.yaml'),
  line('template r app --set extra=x,replicas=9'),
  line('template r app --set extra=x --set extra=y'),
  line('template r app --set list[0]=z,image.tag=1'),
  line('template r app --set list={x,y}'),
  line('template r app --set-string replicas=9'),
  line('template r app --set-json image={"a":1}'),
  line('template r app --set-json nope'),
  line('template r app --set-file extra=text.txt'),
  line('template r app --set-file extra=nope.txt'),
  line('template r app --set-literal extra=a,b'),
  line('template r app --set a'),
  line('template r app --set a[0'),
  line('template r app --include-crds'),
  line('template r app --skip-crds --include-crds'),
  line('template r app --no-hooks'),
  line('template r app --no-hooks=false'),
  line('template r app --skip-tests'),
  line('template r app --is-upgrade'),
  line('template r app -a example.com/v1'),
  line('template r app --api-versions=a/v1,example.com/v1'),
  line('template r app --kube-version 1.30'),
  line('template r app --kube-version=v1.30.2-eks'),
  line('template r app --kube-version nope'),
  line('template r app -s templates/map.yaml'),
  line('template r app -s templates/two.yaml --show-only templates/hook.yaml'),
  line('template r app -s templates/*.yaml'),
  line('template r app -s templates/nope.yaml'),
  line('template r app --dry-run'),
  line('template r app --dry-run=client'),
  line('template r app --dry-run=nope'),
  line('template -g app'),
  line('template -g r app'),
  line('template --name-template {{add}} r app'),
  line('template --name-template x-{{lower(print"A")}} app'),
  line('template --name-template {{nope}} app'),
  line('template Not_A_Name app'),
  line('template aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffff app'),
  line('template r nope'),
  line('template r ./nope'),
  line('template r /nope'),
  line('template r nothing'),
  line('template r noyaml'),
  line('template r nometa'),
  line('template r text.txt'),
  line('template r values-a.yaml'),
  line('template r lib'),
  line('template r old'),
  line('template r needs'),
  line('template r kube'),
  line('template r fails'),
  line('template r fails --debug', { words: 'times of a log' }),
  line('template r fails --set x=1'),
  line('template r syntax'),
  line('template r yaml'),
  line('template r yaml --debug', { words: 'times of a log' }),
  line('template r schema'),
  line('template r schema --set name=a,port=0'),
  line('template r schema --set name=a'),
  line('template r schema --skip-schema-validation'),
  line('template r parent'),
  line('template r parent --set child.enabled=false'),
  line('template r parent --render-subchart-notes'),
  line('template r app --post-renderer ./post.sh'),
  line('template r app --post-renderer=./post-args.sh --post-renderer-args a --post-renderer-args=-b'),
  line('template r app --post-renderer ./post-fails.sh'),
  line('template r app --post-renderer ./post-empty.sh'),
  line('template r app --post-renderer ./post-nope.sh'),
  line('template r app --post-renderer nope-renderer'),

  line('template r app --validate --kube-apiserver http://127.0.0.1:1'),
  line('template r app --dry-run=server --kube-apiserver http://127.0.0.1:1'),

  line('list --kube-apiserver http://127.0.0.1:1'),
  line('list --kube-apiserver https://127.0.0.1:1'),
  line('list --kubeconfig nope'),
  line('list --kube-context nope'),
  line('list', { env: { KUBECONFIG: 'kubeconfig-b' } }),
  line('status r --kube-apiserver http://127.0.0.1:1'),
  line('install r app --kube-apiserver http://127.0.0.1:1'),
  line('install r app --dry-run --kube-apiserver http://127.0.0.1:1'),
  line('upgrade r app --kube-apiserver http://127.0.0.1:1'),
  line('upgrade -i r app --kube-apiserver http://127.0.0.1:1'),
  line('uninstall r --kube-apiserver http://127.0.0.1:1'),
  line('get all r --kube-apiserver http://127.0.0.1:1'),
  line('test r --kube-apiserver http://127.0.0.1:1'),
  line('rollback r 1 --kube-apiserver http://127.0.0.1:1'),
  line('history r'),
  line('history r x'),
  line('list x'),
  line('uninstall'),
  line('rollback'),
  line('rollback r x'),
  line('upgrade r'),
  line('upgrade r app x'),
  line('get values'),
  line('get values r -o x'),
  line('status r --revision x'),
  line('uninstall r --cascade=x'),
  line('install r app --timeout 5'),

  line('show chart app'),
  line('inspect chart app'),
  line('show values app'),
  line('show readme app'),
  line('show crds app'),
  line('show all app'),
  line('show all parent'),
  line('show chart messy'),
  line('show chart'),
  line('show values nope'),
  line('show values app --jsonpath {.image.name}'),
  line('show values app --jsonpath {.list}'),
  line('show values app --jsonpath {.nope}'),
  line('show values app --jsonpath {.image'),
  line('show chart app --jsonpath {.x}'),

  line('lint app'),
  line('lint'),
  line('lint app parent lib'),
  line('lint app --strict'),
  line('lint app --quiet'),
  line('lint parent --with-subcharts'),
  line('lint messy'),
  line('lint messy --kube-version 1.20'),
  line('lint messy --strict --quiet'),
  line('lint needs'),
  line('lint fails', { words: 'Go file names of a log' }),
  line('lint syntax'),
  line('lint yaml'),
  line('lint schema'),
  line('lint schema --set name=x'),
  line('lint schema --skip-schema-validation'),
  line('lint nothing'),
  line('lint noyaml'),
  line('lint nometa'),
  line('lint nope'),
  line('lint nope.tgz'),
  line('lint old kube'),
];

const writing: readonly Case[] = [
  line('template r app --output-dir out'),
  line('template r app --output-dir out --include-crds --release-name'),
  line('template r app --output-dir out --no-hooks'),
  line('template r parent --output-dir=out/deep'),
  line('template r fails --output-dir out'),
  line('create new'),
  line('create app', { words: 'the folder differs' }),
  line('create deep/er'),
  line('create not+a+name'),
  line('create'),
  line('create values-a.yaml'),
  line('create new -p starter'),
  line('create new -p $HERE/starter'),
  line('create new --starter nope'),
];

describe('the command line beside real helm', 'missing' in realHelm ? { skip: realHelm.missing } : {}, () => {
  let folder: string;
  let home: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-compare-'));
    home = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-home-'));
    fill(folder, chartFiles);
  });
  after(() => {
    for (const path of [folder, home]) rmSync(path, { recursive: true, force: true });
  });

  for (const each of [...reading, ...writing.map((one) => ({ ...one, writes: true as const }))])
    test(titleOf(each), async () => {
      const env = environmentOf(home, each.env);
      const words = each.line.replaceAll('$HERE', folder).split(' ');
      if (each.writes === true) fill(folder, chartFiles);
      const expected = await theirs(words, folder, env);
      const tree = each.writes === true ? treeOf(folder) : {};
      if (each.writes === true) fill(folder, chartFiles);
      const actual = await ours(words, folder, env);
      if (each.words === undefined) assert.deepEqual(actual, expected);
      else assert.deepEqual({ ...actual, stderr: '' }, { ...expected, stderr: '' });
      if (each.writes === true) assert.deepEqual(treeOf(folder), tree);
    });
});

function titleOf({ line: text, env }: Case): string {
  const variables = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value} `);
  return `${variables.join('')}helm ${text}`;
}
