import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubectlArguments } from '#cmd/arguments.ts';

const cases: readonly [string, string][] = [
  ['get pods -oyaml', 'get pods -o yaml'],
  ['get pods -o=yaml', 'get pods -o yaml'],
  ['get -Aowide pods', 'get -A -o wide pods'],
  ['get pods -lapp=web', 'get pods -l app=web'],
  ['get pods -l app=web', 'get pods -l app=web'],
  ['get pods -w', 'get pods -w'],
  ['get pods --watch=true --show-labels=false', 'get pods --watch'],
  ['logs -f web -cmain --tail=-1', 'logs -f web -c main --tail=-1'],
  ['delete pod web --wait=false', 'delete pod web --no-wait'],
  ['delete -fweb.yaml', 'delete -f web.yaml'],
  ['exec -it web -- ls -oyaml -n=x', 'exec -it web -- ls -oyaml -n=x'],
  ['exec -itnspace web', 'exec -it -n space web'],
  ['up -d --listen :0', 'up -d --listen :0'],
];
for (const [given, expected] of cases) {
  test(`${given} is read as ${expected}`, () => {
    assert.deepEqual(kubectlArguments(given.split(' ')), expected.split(' '));
  });
}
