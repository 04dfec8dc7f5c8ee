/** Sequences of operations on releases, written once for helm's command line and for our functions. */
import type { InstallOptions } from '#platform/charts/releases/actions/install.ts';
import type { RollbackOptions } from '#platform/charts/releases/actions/rollback.ts';
import type { UninstallOptions } from '#platform/charts/releases/actions/uninstall.ts';
import type { UpgradeOptions } from '#platform/charts/releases/actions/upgrade.ts';

/** Files of a chart named demo; Chart.yaml is made. */
export type ChartFiles = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, string | number | boolean>>;
type Rest<T> = Partial<Omit<T, 'name' | 'chart' | 'values' | 'signal' | 'postRenderer' | 'hostByName'>>;

/** One operation; the release is `web` unless named. */
export type Step =
  | {
      readonly op: 'install';
      readonly name?: string;
      readonly chart: ChartFiles;
      readonly values?: Values;
      readonly with?: Rest<InstallOptions>;
    }
  | {
      readonly op: 'upgrade';
      readonly name?: string;
      readonly chart: ChartFiles;
      readonly values?: Values;
      readonly with?: Rest<UpgradeOptions>;
    }
  | { readonly op: 'rollback'; readonly name?: string; readonly with?: Rest<RollbackOptions> }
  | { readonly op: 'uninstall'; readonly name?: string; readonly with?: Rest<UninstallOptions> }
  /** The newest revision gets another status behind everybody's back. */
  | { readonly op: 'mark'; readonly status: string }
  /** A ConfigMap of nobody. */
  | { readonly op: 'put'; readonly name: string; readonly data: Readonly<Record<string, string>> };

const map = (name: string, rest = ''): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${rest}`;
const hook = (name: string, events: string, more = ''): string =>
  map(name, `  annotations:\n    "helm.sh/hook": ${events}\n${more}`);
const plain: ChartFiles = { 'templates/a.yaml': map('a', 'data:\n  color: {{ .Values.color | default "none" }}\n') };
const two: ChartFiles = { ...plain, 'templates/b.yaml': map('b', 'data: {x: "1"}\n') };
const broken: ChartFiles = { ...two, 'templates/c.yaml': map('Not_Valid') };
const job = (events: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\n  annotations: {"helm.sh/hook": "${events}"}\nspec:\n  template:\n    spec: {restartPolicy: Never, nodeName: nowhere, containers: [{name: a, image: b}]}\n`;
const pending: ChartFiles = {
  ...plain,
  'templates/pod.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeName: nowhere, containers: [{name: a, image: b}]}\n',
};

/** What both must do alike: the text of an error, the records, and the ConfigMaps of the namespace. */
export const releaseCases: Readonly<Record<string, readonly Step[]>> = {
  'install, upgrade, rollback, uninstall': [
    { op: 'install', chart: two, values: { color: 'red' } },
    { op: 'upgrade', chart: plain, values: { color: 'blue' } },
    { op: 'rollback' },
    { op: 'uninstall' },
  ],
  'an object of another one': [
    { op: 'put', name: 'a', data: { mine: '1' } },
    { op: 'install', chart: plain },
    { op: 'install', chart: plain, with: { takeOwnership: true } },
    { op: 'uninstall' },
  ],
  'an object of another one on upgrade': [
    { op: 'install', chart: plain },
    { op: 'put', name: 'b', data: { mine: '1' } },
    { op: 'upgrade', chart: two },
    { op: 'upgrade', chart: two, with: { takeOwnership: true } },
  ],
  'an object of another release': [
    { op: 'install', name: 'first', chart: plain },
    { op: 'install', chart: plain },
    { op: 'install', name: 'first', chart: plain },
  ],
  'names that are none': [
    { op: 'install', name: 'Bad', chart: plain },
    { op: 'upgrade', name: 'Bad', chart: plain },
    { op: 'rollback', name: 'Bad' },
    { op: 'uninstall', name: 'Bad' },
    { op: 'install', name: 'x'.repeat(54), chart: plain },
  ],
  'releases that are not there': [
    { op: 'upgrade', chart: plain },
    { op: 'rollback' },
    { op: 'uninstall' },
    { op: 'uninstall', with: { ignoreNotFound: true } },
    { op: 'install', chart: plain },
    { op: 'rollback' },
    { op: 'rollback', with: { revision: 7 } },
  ],
  'an install that the server refuses': [
    { op: 'install', chart: broken },
    { op: 'install', chart: plain },
    { op: 'install', chart: plain, with: { replace: true } },
    { op: 'upgrade', chart: plain, values: { color: 'red' } },
  ],
  'an atomic install that the server refuses': [{ op: 'install', chart: broken, with: { atomic: true } }],
  'an upgrade that the server refuses': [
    { op: 'install', chart: plain },
    { op: 'upgrade', chart: broken },
    { op: 'upgrade', chart: two },
    { op: 'upgrade', chart: broken, values: { color: 'red' }, with: { cleanupOnFail: true } },
    { op: 'rollback' },
    { op: 'upgrade', chart: broken, with: { atomic: true, timeoutMs: 5000 } },
  ],
  'an upgrade of a failed install': [
    { op: 'install', chart: broken },
    { op: 'upgrade', chart: broken },
    { op: 'upgrade', chart: two },
  ],
  'an immutable field': [
    { op: 'install', chart: { 'templates/a.yaml': map('a', 'immutable: true\ndata: {a: "1"}\n') } },
    { op: 'upgrade', chart: { 'templates/a.yaml': map('a', 'immutable: true\ndata: {a: "2"}\n') } },
    {
      op: 'upgrade',
      chart: { 'templates/a.yaml': map('a', 'immutable: true\ndata: {a: "2"}\n') },
      with: { force: true },
    },
  ],
  'kinds that are not there': [
    { op: 'install', chart: { 'templates/a.yaml': 'apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: a}\n' } },
    {
      op: 'install',
      chart: {
        'templates/a.yaml': 'apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: a, namespace: x}\n',
        'templates/b.yaml': 'apiVersion: example.com/v1\nkind: Bar\nmetadata: {name: b}\n',
      },
    },
    { op: 'install', chart: plain },
    { op: 'upgrade', chart: { 'templates/a.yaml': 'apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: a}\n' } },
  ],
  'documents that are no objects': [
    { op: 'install', chart: { 'templates/a.yaml': 'kind: ConfigMap\nmetadata: {name: a}\n' } },
    { op: 'install', chart: { 'templates/a.yaml': 'apiVersion: v1\nmetadata: {name: a}\n' } },
    { op: 'install', chart: { 'templates/a.yaml': 'a: b\n' } },
    { op: 'install', chart: { 'templates/a.yaml': '# nothing\n' } },
    { op: 'install', name: 'empty', chart: { 'templates/NOTES.txt': 'nothing to install' } },
    { op: 'upgrade', name: 'empty', chart: { 'templates/NOTES.txt': 'nothing to upgrade' } },
    { op: 'uninstall', name: 'empty' },
  ],
  'a release that is pending': [
    { op: 'install', chart: plain },
    { op: 'mark', status: 'pending-upgrade' },
    { op: 'upgrade', chart: plain },
    { op: 'install', chart: plain },
    { op: 'rollback' },
    { op: 'uninstall' },
  ],
  'history that is kept': [
    { op: 'install', chart: plain },
    { op: 'upgrade', chart: two },
    { op: 'uninstall', with: { keepHistory: true, description: 'gone' } },
    { op: 'uninstall', with: { keepHistory: true } },
    { op: 'upgrade', chart: plain },
    { op: 'rollback', with: { revision: 1 } },
    { op: 'uninstall', with: { keepHistory: true } },
    { op: 'install', chart: plain, with: { replace: true } },
    { op: 'uninstall' },
  ],
  'a limited history': [
    { op: 'install', chart: plain },
    { op: 'upgrade', chart: plain, with: { maxHistory: 2, description: 'second' } },
    { op: 'upgrade', chart: broken, with: { maxHistory: 2 } },
    { op: 'upgrade', chart: broken, with: { maxHistory: 2 } },
    { op: 'upgrade', chart: plain, with: { maxHistory: 2 } },
    { op: 'rollback', with: { maxHistory: 2 } },
  ],
  'objects that stay': [
    {
      op: 'install',
      chart: { ...plain, 'templates/k.yaml': map('kept', '  annotations: {"helm.sh/resource-policy": keep}\n') },
    },
    { op: 'upgrade', chart: plain },
    {
      op: 'upgrade',
      chart: { ...plain, 'templates/k.yaml': map('kept', '  annotations: {"helm.sh/resource-policy": " Keep"}\n') },
    },
    { op: 'uninstall' },
  ],
  'hooks of all events': [
    {
      op: 'install',
      chart: {
        ...plain,
        'templates/h1.yaml': hook(
          'h1',
          'pre-install,post-upgrade',
          '    "helm.sh/hook-delete-policy": hook-succeeded\n',
        ),
        'templates/h2.yaml': hook('h2', '"pre-delete"'),
        'templates/h3.yaml': hook('h3', 'post-rollback', '    "helm.sh/hook-weight": "-3"\n'),
        'templates/h4.yaml': hook(
          'h4',
          'post-install',
          '    "helm.sh/hook-delete-policy": "before-hook-creation, hook-failed"\n',
        ),
      },
    },
    { op: 'upgrade', chart: { ...plain, 'templates/h3.yaml': hook('h3', 'pre-upgrade') } },
    { op: 'rollback', with: { revision: 1 } },
    { op: 'uninstall' },
  ],
  'hooks that fail': [
    { op: 'install', chart: { ...plain, 'templates/h.yaml': hook('Bad_Hook', 'pre-install') } },
    { op: 'upgrade', chart: { ...plain, 'templates/h.yaml': hook('Bad_Hook', 'post-upgrade') } },
    {
      op: 'upgrade',
      chart: { ...plain, 'templates/h.yaml': hook('Bad_Hook', 'post-upgrade') },
      with: { disableHooks: true },
    },
    { op: 'upgrade', chart: { ...plain, 'templates/h.yaml': hook('Bad_Hook', 'pre-delete') } },
    { op: 'uninstall' },
    { op: 'uninstall', with: { disableHooks: true } },
  ],
  'a hook that takes too long': [
    { op: 'install', chart: { ...plain, 'templates/j.yaml': job('post-install') }, with: { timeoutMs: 1000 } },
  ],
  'a pod that is never ready': [
    { op: 'install', chart: pending, with: { wait: true, timeoutMs: 1000 } },
    { op: 'upgrade', chart: plain, values: { color: 'red' } },
    { op: 'upgrade', chart: pending, with: { atomic: true, timeoutMs: 1000 } },
  ],
  'values that are kept or not': [
    { op: 'install', chart: plain, values: { color: 'red', other: 'a' } },
    { op: 'upgrade', chart: plain },
    { op: 'upgrade', chart: plain, values: { other: 'b' }, with: { valuePolicy: 'reuse' } },
    { op: 'upgrade', chart: plain, values: { more: 'c' }, with: { valuePolicy: 'reset-then-reuse' } },
    { op: 'upgrade', chart: plain, values: { color: 'green' } },
    { op: 'upgrade', chart: plain, with: { valuePolicy: 'reset' } },
  ],
  labels: [
    { op: 'install', chart: plain, with: { labels: { team: 'a', tier: 'b' } } },
    { op: 'upgrade', chart: plain, with: { labels: { tier: 'null', more: 'c' } } },
    { op: 'upgrade', chart: plain, with: { labels: { owner: 'me' } } },
    { op: 'install', name: 'other', chart: two, with: { labels: { version: '7' } } },
  ],
  'dry runs': [
    { op: 'install', chart: plain, with: { dryRun: 'server' } },
    { op: 'install', chart: plain, with: { dryRun: 'client', hideSecret: true } },
    { op: 'install', chart: plain, with: { hideSecret: true } },
    { op: 'install', chart: plain },
    { op: 'upgrade', chart: two, with: { dryRun: 'server' } },
    { op: 'rollback', with: { dryRun: true } },
    { op: 'uninstall', with: { dryRun: true } },
  ],
  'templates that fail': [
    { op: 'install', chart: { 'templates/a.yaml': '{{ fail "no" }}' } },
    { op: 'install', chart: { 'templates/a.yaml': '{{ required "color is needed" .Values.color }}' } },
    { op: 'install', chart: { 'templates/a.yaml': 'a: b: c' } },
    { op: 'install', chart: { 'templates/a.yaml': '{{ lookup "v1" "Nothing" "" "x" }}' } },
    { op: 'install', chart: { 'templates/a.yaml': '{{ lookup "no.such.group/v1" "Nothing" "" "x" }}' } },
    { op: 'install', chart: { 'templates/a.yaml': '{{ (lookup "v1" "ConfigMap" "" "").items | len }}' } },
    {
      op: 'install',
      chart: {
        'templates/a.yaml': map('a', 'data: {n: "{{ (lookup "v1" "Namespace" "" "default").metadata.name }}"}\n'),
      },
    },
  ],
};
