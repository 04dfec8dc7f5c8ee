/**
 * The verbs of releases by real helm 3.22 and by ours, each on a cluster of its own: the same lines one after the other, and
 * the same output, exit codes and words. Times are blotted out.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createCluster } from '#testing/create-cluster.ts';
import { chartFiles } from './cli-charts.ts';
import type { Outcome } from './real-helm.ts';
import { environmentOf, fill, ours, realHelm, theirs } from './real-helm.ts';

const lines: readonly string[] = [
  'list',
  'list -o json',
  'list -o yaml',
  'list -q',
  'list -q -o json',
  'status r',
  'get all r',
  'history r',
  'uninstall r',
  'uninstall r --ignore-not-found',
  'upgrade r rel',
  'rollback r',
  'install',
  'install rel',
  'install Not_A_Name rel',
  'install r nope',
  'install r lib',
  'install r fails',
  'install r schema',
  'install r rel --dry-run=maybe',
  'install r rel --hide-secret',
  'install r rel --dry-run',
  'install r rel --dry-run=server',
  'install r rel --dry-run=client --hide-secret',
  'install r rel --dry-run -o json',
  'install r rel --dry-run --debug=false --hide-notes',
  'install r rel',
  'install r rel --replace',
  'install s rel --set greeting=hi -o json',
  'install s2 rel -n other',
  'install s2 rel -n other --create-namespace --set name=s2',
  'install t rel --set name=t,extra.a=1 -o yaml --description words --labels team=web',
  'install u rel --name-template x',
  'list',
  'list -A',
  'list -n other',
  'list --no-headers',
  'list -q -r',
  'list -m 1',
  'list --offset 1 -q',
  'list -f ^s -q',
  'list -l team=web -q',
  'list -l team!=web -q',
  'list --time-format 2006',
  'list -o json',
  'list -o yaml',
  'list --failed -q',
  'list --pending',
  'list -a',
  'status r',
  'status r -o json',
  'status r -o yaml',
  'status r --show-desc',
  'status r --revision 9',
  'get values r',
  'get values r -a',
  'get values r -o json',
  'get values r -a -o yaml',
  'get values s',
  'get values s -o json',
  'get values t -a',
  'get manifest r',
  'get hooks r',
  'get notes r',
  'get metadata r',
  'get metadata r -o json',
  'get metadata r -o yaml',
  'get all r',
  'get all s',
  'get all r --template {{.Release.Name}}:{{.Release.Version}}:{{.Release.Info.Status}}:{{.Release.Chart.Metadata.Name}}',
  'get all nope',
  'history r',
  'history r -o json',
  'template r rel --validate --set name=fresh',
  'template r rel --validate',
  'template q asks',
  'template q asks --dry-run=server',
  'template q asks --validate',
  'template q asks --validate --dry-run=server',
  'install q asks --dry-run=server',
  'install q asks --dry-run',
  'upgrade r rel --set greeting=two',
  'upgrade r rel --dry-run',
  'upgrade r rel -o json --description again',
  'upgrade r rel --reset-values',
  'upgrade r rel --reuse-values --set extra=b',
  'upgrade r fails',
  'upgrade r lib',
  'upgrade nope rel',
  'upgrade -i v rel --set name=v',
  'upgrade --install v rel --set name=v2 --hide-notes',
  'upgrade -i v rel --dry-run --hide-notes -o yaml',
  'history r',
  'history r --max 2',
  'history r -o yaml',
  'get values r --revision 2',
  'get values r --revision 99',
  'rollback r 1 --dry-run',
  'rollback r 2',
  'rollback r',
  'rollback r 99',
  'rollback r x',
  'history r',
  'upgrade r rel --history-max 2',
  'history r',
  'uninstall r --cascade nope',
  'uninstall r --dry-run',
  'uninstall r --keep-history',
  'status r',
  'history r',
  'list -a -q',
  'list --uninstalled -q',
  'uninstall r',
  'uninstall s nope t',
  'uninstall t',
  'uninstall v --description gone',
  'list -q',
  'install kept keep',
  'uninstall kept',
  'install kept keep',
  'test kept',
];

const files: Readonly<Record<string, string>> = {
  ...chartFiles,
  'rel/Chart.yaml':
    'apiVersion: v2\nname: rel\nversion: 0.1.0\nappVersion: "9"\ndescription: d\nannotations: {a: b, c: d}\ndependencies:\n- name: sub\n  version: 0.1.0\n  alias: other\n',
  'rel/values.yaml': 'greeting: hello\nname: r\nextra: null\n',
  'rel/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
  'rel/templates/map.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\ndata:\n  greeting: {{ .Values.greeting }}\n  extra: {{ toJson .Values.extra | quote }}\n',
  'rel/templates/secret.yaml':
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Values.name }}-secret\nstringData: {a: {{ .Values.greeting }}}\n',
  'rel/templates/hook.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}-hook\n  annotations:\n    helm.sh/hook: post-install,post-upgrade\n',
  'rel/templates/NOTES.txt':
    '\nHello {{ .Release.Name }} of {{ .Release.Namespace }}, revision {{ .Release.Revision }}.\n\n',
  'asks/Chart.yaml': 'apiVersion: v2\nname: asks\nversion: 0.1.0\n',
  'asks/templates/map.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: asks\ndata:\n  a: {{ (lookup "v1" "ConfigMap" "default" "r").data | toJson | quote }}\n  b: {{ .Capabilities.APIVersions.Has "apps/v1beta1" | quote }}\n',
  'keep/Chart.yaml': 'apiVersion: v2\nname: keep\nversion: 0.1.0\n',
  'keep/templates/map.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kept\n  annotations:\n    helm.sh/resource-policy: keep\n',
};

describe('the verbs of releases beside real helm', 'missing' in realHelm ? { skip: realHelm.missing } : {}, () => {
  let folder: string;
  const homes: string[] = [];
  const clusters: Awaited<ReturnType<typeof createCluster>>[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-releases-'));
    fill(folder, files);
    for (const _who of ['theirs', 'ours']) {
      const cluster = await createCluster({ nodes: 0 });
      const home = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-home-'));
      writeFileSync(join(home, 'kubeconfig'), (await cluster.listen()).kubeconfig, { mode: 0o600 });
      clusters.push(cluster);
      homes.push(home);
    }
  });
  after(async () => {
    for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
    for (const path of [folder, ...homes]) rmSync(path, { recursive: true, force: true });
  });

  for (const [index, line] of lines.entries())
    test(`${index + 1}. helm ${line}`, async () => {
      const [real = '', own = ''] = homes;
      const words = line.split(' ');
      const expected = await theirs(words, folder, environmentOf(real, { TZ: 'UTC' }));
      const actual = await ours(words, folder, environmentOf(own));
      assert.deepEqual(blotted(actual), blotted(expected));
    });
});

function blotted({ code, stdout, stderr }: Outcome): Outcome {
  return { code, stdout: withoutTimes(stdout), stderr: withoutTimes(stderr) };
}

/** The list's column is as wide as the longest fraction. */
function withoutTimes(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \+0000 UTC */g, 'TIME')
    .replaceAll(/UPDATED *\t/g, 'UPDATED\t')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
    .replaceAll(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, 'TIME');
}
