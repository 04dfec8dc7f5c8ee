/**
 * The project's own everyday verbs: get, apply, delete, logs and exec print what kubectl prints, byte for byte, and end as
 * it ends. Without a kubectl what needs no comparison still runs.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, type Finished, run, wheelhouse as program } from '../cluster/harness.ts';
import { box, hello, service } from './manifests.ts';
import { kubectlObstacle, needsContainers, startWorld, type World } from './world.ts';

/** The columns of ages without their values and widths. */
function ageless(finished: Finished | undefined): unknown {
  const stdout = finished?.stdout.replace(/ +(?:\d+[smhd])+(?= |$)/gm, ' -').replace(/ AGE +/g, ' AGE ');
  return { ...finished, stdout: stdout?.replace(/ - +/g, ' - ') };
}

describe('wheelhouse get, apply, delete, logs, exec', { timeout: 300_000 }, () => {
  let world: World;
  let folder: string;
  const withoutKubectl = kubectlObstacle();
  const comparing = withoutKubectl === undefined ? {} : { skip: withoutKubectl };

  const wheelhouse = (...args: string[]): Promise<Finished> => wheelhouseWith('', ...args);
  const wheelhouseWith = (input: string, ...[verb = '', ...args]: string[]): Promise<Finished> =>
    run(process.execPath, [program, verb, '--kubeconfig', world.kubeconfig, ...args], { input });
  const said = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await wheelhouse(...args);
    assert.equal(code, 0, `wheelhouse ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  /** Of both at the same time, and once more without the ages if one turned over between them. */
  const assertSame = async (...args: string[]): Promise<void> => {
    const both = (): Promise<Finished[]> =>
      Promise.all([run('kubectl', ['--kubeconfig', world.kubeconfig, ...args]), wheelhouse(...args)]);
    const [theirs, ours] = await both();
    if (JSON.stringify(theirs) === JSON.stringify(ours)) return;
    const [theirsAgain, oursAgain] = await both();
    assert.deepEqual(ageless(oursAgain), ageless(theirsAgain), `kubectl ${args.join(' ')}`);
  };

  before(async () => {
    folder = mkdtempSync('/tmp/wheelhouse-verbs-');
    world = await startWorld(folder);
  });
  after(async () => {
    const left = await world.takeDown();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(left, [], 'something is left on the machine');
  });

  test('apply creates, leaves alone and changes, as files, folders and standard input say', async () => {
    const manifest = file('hello.yaml', hello({ replicas: 2, word: 'a<b' }) + service);
    assert.equal(await said('apply', '-f', manifest), 'deployment.apps/hello created\nservice/hello created\n');
    assert.equal(await said('apply', '-f', folder), 'deployment.apps/hello unchanged\nservice/hello unchanged\n');
    assert.equal((await wheelhouseWith(box, 'apply', '-f', '-')).stdout, 'pod/box created\n');
    file('hello.yaml', hello({ replicas: 1, word: 'a<b' }).replace('periodSeconds: 1', 'periodSeconds: 2') + service);
    const dry = await said('apply', '-f', manifest, '--dry-run=server');
    assert.equal(dry, 'deployment.apps/hello configured (server dry run)\nservice/hello unchanged (server dry run)\n');
    assert.equal(await said('apply', '-f', manifest), 'deployment.apps/hello configured\nservice/hello unchanged\n');
    assert.equal(await said('get', 'deploy', 'hello', '-o', 'jsonpath={.spec.replicas}'), '1');
  });

  test('what one of the two applied is unchanged for the other', comparing, async () => {
    await assertSame('apply', '-f', join(folder, 'hello.yaml'));
    await assertSame('apply', '-f', file('box.yaml', box));
    await said('apply', '-f', file('taller.yaml', hello({ replicas: 2, word: 'a<b' }) + service));
    await assertSame('apply', '-f', join(folder, 'taller.yaml'));
  });

  test('get prints what kubectl prints', comparing, async () => {
    await eventually('the pods', 30_000, async () => {
      const phases = await said('get', 'pods', '-o', 'jsonpath={.items[*].status.containerStatuses[*].ready}');
      return phases === 'true true true' ? phases : undefined;
    });
    const commands = [
      'get pods',
      'get po -o wide',
      'get pods,svc',
      'get all -A',
      'get pod/box service/hello',
      'get pod box nope',
      'get nosuch',
      'get pods -l app=none',
      'get nodes -l a=b',
      'get pods --show-labels -L app',
      'get services -A --no-headers',
      'get deployments.apps -oyaml',
      'get deployments.v1.apps hello -o json',
      'get pods,services -o name',
      'get pods -o jsonpath={range.items[*]}{.metadata.name}:{.status.phase},{end}',
      'get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image,NONE:.spec.nothing',
      'get pods --field-selector=status.phase=Running',
      'get pods --as=bob',
      'get configmaps nope --ignore-not-found',
    ];
    for (const command of commands) await assertSame(...command.split(' '));
  });

  test('a wrong manifest gets the words that kubectl gives it', comparing, async () => {
    const wrong = hello({ replicas: -3, word: 'x' })
      .replace('- name: hello', '- name: Not_A_Name')
      .replace('name: hello', 'name: wrong');
    await assertSame('apply', '-f', file('wrong.yaml', wrong));
    await assertSame(
      'apply',
      '-f',
      file('unknown.yaml', hello({ replicas: 1, word: 'x' }).replace('replicas:', 'replica:')),
    );
    await assertSame('apply', '-f', join(folder, 'no-such-file.yaml'));
    // kubectl 1.32 looks for an unknown kind in the protobuf form of OpenAPI v2 first.
    const kind = file('kind.yaml', 'apiVersion: example.com/v1\nkind: Nothing\nmetadata:\n  name: x\n');
    const words = `resource mapping not found for name: "x" namespace: "" from "${kind}": no matches for kind "Nothing" in version "example.com/v1"`;
    assert.equal((await wheelhouse('apply', '-f', kind)).stderr, `error: ${words}\nensure CRDs are installed first\n`);
  });

  test('get -w goes on with what changes', async () => {
    const watching = run('timeout', [
      '3',
      process.execPath,
      program,
      'get',
      'cm',
      '-w',
      '--no-headers',
      '--kubeconfig',
      world.kubeconfig,
    ]);
    const object = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: watched\n';
    await eventually('the watch', 2000, async () => {
      await wheelhouseWith(object, 'apply', '-f', '-');
      await wheelhouse('delete', 'cm', 'watched');
      return true;
    });
    assert.match((await watching).stdout, /^kube-root-ca\.crt +1 +\S+\n(.*\n)*watched +0 +\S+\n/);
  });

  test('logs and exec reach containers as kubectl does', needsContainers, async () => {
    const failed = await wheelhouse('exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    assert.deepEqual(failed, { code: 7, stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 7\n' });
    const counted = await wheelhouseWith('x'.repeat(1 << 20), 'exec', '-i', 'box', '--', 'wc', '-c');
    assert.deepEqual(counted, { code: 0, stdout: `${1 << 20}\n`, stderr: '' });
    assert.match(await said('logs', 'deployment/hello', '--tail=1', '--timestamps'), /^\d{4}-\S+Z serving a<b\n$/);
    assert.match(await said('logs', '-l', 'app=hello', '--prefix'), /^\[pod\/hello-\S+\/hello\] serving a<b\n/);
    const following = run('timeout', [
      '2',
      process.execPath,
      program,
      'logs',
      '-f',
      'deploy/hello',
      '--kubeconfig',
      world.kubeconfig,
    ]);
    assert.match((await following).stdout, /^serving a<b\n/);
  });

  test('their failures have the same words', { ...comparing, ...needsContainers }, async () => {
    for (const command of [
      'exec box -- /no/such',
      'exec -c nope box -- ls',
      'exec nope -- ls',
      'exec box',
      'logs nope',
      'logs box -c nope',
      'logs box -p',
    ])
      await assertSame(...command.split(' '));
  });

  test('delete waits until objects are gone and says what it did', async () => {
    assert.equal(
      await said('delete', 'pod', 'box', '--dry-run=server'),
      'pod "box" deleted from default namespace (server dry run)\n',
    );
    assert.equal(await said('delete', 'pod/box', '--now'), 'pod "box" deleted from default namespace\n');
    assert.equal(
      (await wheelhouse('get', 'pod', 'box')).stderr,
      'Error from server (NotFound): pods "box" not found\n',
    );
    const both =
      'deployment.apps "hello" deleted from default namespace\nservice "hello" deleted from default namespace\n';
    assert.equal(await said('delete', '-f', join(folder, 'hello.yaml')), both);
    assert.equal(await said('delete', 'svc', '-l', 'app=none'), 'No resources found\n');
    const missing = await wheelhouse('delete', 'cm', 'nope');
    assert.deepEqual(
      [missing.code, missing.stderr],
      [1, 'Error from server (NotFound): configmaps "nope" not found\n'],
    );
  });
});
