/** Small charts on which the command lines are compared: each shows one thing. */

const chart = (name: string, more = ''): string =>
  `apiVersion: v2\nname: ${name}\nversion: 1.2.3\nappVersion: "4.5"\n${more}`;
const configMap = (name: string, body = 'data: {}'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${body}\n`;

/** Path to text. */
export const chartFiles: Readonly<Record<string, string>> = {
  'app/Chart.yaml': chart('app', 'description: shows things\nicon: https://example.com/a.png\n'),
  'app/values.yaml': '# comments stay\nreplicas: 2\nimage:\n  name: web\n  tag: null\nlist: [a, b]\n',
  'app/README.md': '# app\n\nWords.\n',
  'app/crds/thing.yaml':
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.example.com\n',
  'app/templates/_helpers.tpl': '{{- define "app.name" }}{{ .Release.Name }}-app{{ end -}}\n',
  'app/templates/map.yaml': [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    '  name: {{ include "app.name" . }}',
    '  namespace: {{ .Release.Namespace }}',
    'data:',
    '  replicas: {{ .Values.replicas | quote }}',
    '  image: {{ .Values.image | toJson | quote }}',
    '  list: {{ .Values.list | toJson | quote }}',
    '  upgrade: {{ .Release.IsUpgrade | quote }}',
    '  kube: {{ .Capabilities.KubeVersion.Version }}',
    '  has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}',
    '  extra: {{ .Values.extra | default "none" | quote }}',
    '',
  ].join('\n'),
  'app/templates/secret.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData: {a: b}\n',
  'app/templates/two.yaml': `${configMap('one')}---\n${configMap('two')}`,
  'app/templates/hook.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: hook\n  annotations:\n    helm.sh/hook: pre-install\n',
  'app/templates/tests/test.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: test\n  annotations:\n    helm.sh/hook: test\n',
  'app/templates/NOTES.txt': 'Have a look, {{ .Release.Name }}.\n',
  'values-a.yaml': 'replicas: 3\nextra: from-a\n',
  'values-b.yaml': 'image:\n  tag: v2\nlist: [c]\n',
  'values-broken.yaml': 'a: b: c\n',
  'values-list.yaml': '- a\n',
  'text.txt': 'file text\nsecond line\n',
  'post.sh': '#!/bin/sh\nsed "s/kind: Secret/kind: ConfigMap/"\n',
  'post-args.sh': '#!/bin/sh\ncat; echo "# $@"\n',
  'post-fails.sh': '#!/bin/sh\necho no >&2; exit 3\n',
  'post-empty.sh': '#!/bin/sh\ncat >/dev/null\n',
  'lib/Chart.yaml': chart('lib', 'type: library\n'),
  'lib/templates/_x.tpl': '{{ define "x" }}{{ end }}',
  'old/Chart.yaml': chart('old', 'deprecated: true\n'),
  'old/templates/map.yaml': configMap('old'),
  'needs/Chart.yaml': chart(
    'needs',
    'dependencies:\n- name: there\n  version: 1.2.3\n- name: missing\n  version: 1.0.0\n',
  ),
  'needs/charts/there/Chart.yaml': chart('there'),
  'kube/Chart.yaml': chart('kube', 'kubeVersion: ">=1.99.0"\n'),
  'kube/templates/map.yaml': configMap('kube'),
  'fails/Chart.yaml': chart('fails'),
  'fails/templates/map.yaml': 'a: {{ required "give me .Values.x" .Values.x }}\n',
  'syntax/Chart.yaml': chart('syntax'),
  'syntax/templates/map.yaml': 'a: 1\nb: {{ if }}\n',
  'yaml/Chart.yaml': chart('yaml'),
  'yaml/templates/map.yaml': 'a: 1\n b: 2\nc: [\n',
  'schema/Chart.yaml': chart('schema'),
  'schema/values.yaml': 'port: 80\n',
  'schema/values.schema.json':
    '{"type":"object","required":["name"],"properties":{"port":{"type":"integer","minimum":1},"name":{"type":"string"}}}',
  'schema/templates/map.yaml': configMap('schema'),
  'parent/Chart.yaml': chart('parent', 'dependencies:\n- name: child\n  version: 1.2.3\n  condition: child.enabled\n'),
  'parent/values.yaml': 'child:\n  enabled: true\n  greeting: from parent\n',
  'parent/templates/NOTES.txt': 'parent notes\n',
  'parent/charts/child/Chart.yaml': chart('child'),
  'parent/charts/child/values.yaml': 'greeting: own\n',
  'parent/charts/child/templates/map.yaml': configMap('child', 'data:\n  greeting: {{ .Values.greeting }}'),
  'parent/charts/child/templates/NOTES.txt': 'child notes\n',
  'messy/Chart.yaml':
    'apiVersion: v1\nname: messy\nversion: 1.2\nappVersion: 3\ntype: application\nicon: nope\nsources: [nope]\nmaintainers:\n- name: a\n  email: b\ndependencies:\n- name: x\n  version: 1.0.0\n',
  'messy/templates/a.yaml': '  apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: Not_A_Name\n',
  'messy/templates/b.yml': 'a: b\n',
  'messy/templates/c.json': '{}\n',
  'messy/templates/d.yaml': 'apiVersion: batch/v1beta1\nkind: CronJob\nmetadata:\n  name: a.b\n',
  'messy/templates/e.yaml':
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: 1a\n  annotations:\n    "helm.sh/hook": crd-install\n',
  'messy/templates/f.yaml':
    'apiVersion: v1\nkind: List\nitems:\n- metadata:\n    annotations:\n      helm.sh/resource-policy: keep\nmetadata:\n  name: x\n',
  'nothing/readme.txt': 'no chart\n',
  'noyaml/Chart.yaml': 'name: a: b\n',
  'nometa/Chart.yaml': 'apiVersion: v2\n',
  'starter/Chart.yaml': chart('starter', 'description: <CHARTNAME>\n'),
  'starter/values.yaml': '# <CHARTNAME>\nname: <CHARTNAME>\n',
  'starter/templates/map.yaml': configMap('<CHARTNAME>'),
  'kubeconfig-b':
    'apiVersion: v1\nkind: Config\ncurrent-context: b\ncontexts:\n- name: a\n  context: {cluster: c, user: u, namespace: space-a}\n- name: b\n  context: {cluster: c, user: u, namespace: space-b}\nclusters:\n- name: c\n  cluster: {server: "http://127.0.0.1:1"}\nusers:\n- name: u\n  user: {}\n',
};
