/**
 * An unmodified kubectl against a real cluster with the real node: what a user types on the first day. Without root (or
 * containerd) the cluster is one in process with simulated nodes, and what needs containers is skipped.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, type Finished, run } from '../cluster/harness.ts';
import { box, hello, image, service } from './manifests.ts';
import { kubectlObstacle, needsContainers, startWorld, type World } from './world.ts';

describe('kubectl', { skip: kubectlObstacle(), timeout: 300_000 }, () => {
  let world: World;
  let folder: string;

  const kubectl = (...args: string[]): Promise<Finished> => run('kubectl', ['--kubeconfig', world.kubeconfig, ...args]);
  const said = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(...args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const kubectlWith = (input: string, ...args: string[]): Promise<Finished> =>
    run('kubectl', ['--kubeconfig', world.kubeconfig, ...args], { input });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  before(async () => {
    folder = mkdtempSync('/tmp/wheelhouse-kubectl-');
    world = await startWorld(folder);
  });
  after(async () => {
    const left = await world.takeDown();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(left, [], 'something is left on the machine');
  });

  test('nodes are shown with their state, and the server with its version', async () => {
    assert.match(
      await said('get', 'nodes'),
      /^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready +<none> +\S+ +v1\.36\.\d+\n$/,
    );
    assert.match(await said('version'), /Server Version: v1\.36/);
    assert.match(await said('cluster-info'), /control plane.* is running at/);
  });

  test('apply creates objects, leaves them alone, and changes them', async () => {
    const manifest = file('hello.yaml', hello({ replicas: 2, word: 'first' }) + service);
    assert.equal(await said('apply', '-f', manifest), 'deployment.apps/hello created\nservice/hello created\n');
    assert.equal(await said('apply', '-f', manifest), 'deployment.apps/hello unchanged\nservice/hello unchanged\n');
    file('hello.yaml', hello({ replicas: 3, word: 'first' }) + service);
    assert.equal(await said('apply', '-f', manifest), 'deployment.apps/hello configured\nservice/hello unchanged\n');
    assert.equal(await said('get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}'), '3');
  });

  test('a wrong manifest is refused in words and changes nothing', async () => {
    const wrong = await kubectl(
      'apply',
      '-f',
      file('wrong.yaml', hello({ replicas: 3, word: 'x' }).replace('app: hello\n', 'app: other\n')),
    );
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /is invalid|field is immutable/);
    const unknown = await kubectl(
      'apply',
      '-f',
      file('unknown.yaml', hello({ replicas: 3, word: 'x' }).replace('replicas:', 'replica:')),
    );
    assert.match(unknown.stderr, /strict decoding error: unknown field "spec\.replica"/);
    assert.equal(await said('get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}'), '3');
  });

  test('rollout status waits until all replicas are available', async () => {
    assert.match(
      await said('rollout', 'status', 'deployment/hello', '--timeout=30s'),
      /deployment "hello" successfully rolled out\n$/,
    );
    const rows = (await said('get', 'pods', '-l', 'app=hello', '--no-headers')).trim().split('\n');
    assert.equal(rows.length, 3);
    for (const row of rows) assert.match(row, /^hello-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running +0 +\S+$/);
    assert.match(await said('get', 'deployment', 'hello'), /\nhello +3\/3 +3 +3 +\S+\n$/);
    assert.match(await said('get', 'pods', '-o', 'wide'), /NOMINATED NODE +READINESS GATES\n/);
    assert.match(
      await said('get', 'all'),
      /\npod\/hello-[^]*\nservice\/hello [^]*\ndeployment\.apps\/hello [^]*\nreplicaset\.apps\/hello-/,
    );
  });

  test('describe tells of conditions and events', async () => {
    const deployment = await said('describe', 'deployment', 'hello');
    assert.match(deployment, /Replicas: +3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable/);
    assert.match(deployment, /ScalingReplicaSet/);
    const pods = await said('describe', 'pods', '-l', 'app=hello');
    assert.match(pods, /Status: +Running\n/);
    assert.match(pods, /Successfully assigned default\/hello-/);
    assert.match(await said('describe', 'service', 'hello'), /Endpoints: +\d+\.\d+\.\d+\.\d+:8080/);
    assert.match(await said('describe', 'node'), /Ready +True/);
  });

  test('rollout restart makes a new revision, undo goes back', async () => {
    const word = (): Promise<string> =>
      said('get', 'deployment', 'hello', '-o', 'jsonpath={.spec.template.spec.containers[0].env[0].value}');
    await said('apply', '-f', file('hello.yaml', hello({ replicas: 3, word: 'second' }) + service));
    await said('rollout', 'status', 'deployment/hello', '--timeout=30s');
    assert.equal(await said('rollout', 'restart', 'deployment/hello'), 'deployment.apps/hello restarted\n');
    await said('rollout', 'status', 'deployment/hello', '--timeout=30s');
    assert.match(await said('rollout', 'history', 'deployment/hello'), /\n1 +<none>\n2 +<none>\n3 +<none>\n/);
    assert.equal(
      await said('rollout', 'undo', 'deployment/hello', '--to-revision=1'),
      'deployment.apps/hello rolled back\n',
    );
    await said('rollout', 'status', 'deployment/hello', '--timeout=30s');
    assert.equal(await word(), 'first');
  });

  test('scale changes the number of replicas', async () => {
    assert.equal(await said('scale', 'deployment/hello', '--replicas=1'), 'deployment.apps/hello scaled\n');
    await said('wait', 'deployment/hello', '--for=jsonpath={.status.replicas}=1', '--timeout=30s');
    const refused = await kubectl('scale', 'deployment/hello', '--replicas=2', '--current-replicas=7');
    assert.match(refused.stderr, /Expected replicas to be 7, was 1/);
  });

  test('expose makes a Service, label and annotate change an object', async () => {
    assert.equal(
      await said('expose', 'deployment', 'hello', '--name=second', '--port=80', '--target-port=8080'),
      'service/second exposed\n',
    );
    assert.equal(await said('get', 'service', 'second', '-o', 'jsonpath={.spec.selector.app}'), 'hello');
    assert.equal(await said('label', 'service', 'second', 'tier=web'), 'service/second labeled\n');
    assert.equal(await said('annotate', 'service', 'second', 'note=x'), 'service/second annotated\n');
    assert.equal(await said('get', 'services', '-l', 'tier=web', '-o', 'name'), 'service/second\n');
    assert.equal(await said('label', 'service', 'second', 'tier-'), 'service/second unlabeled\n');
    assert.equal(
      (await kubectl('get', 'services', '-l', 'tier=web')).stderr,
      'No resources found in default namespace.\n',
    );
  });

  test('wait ends when a pod is ready, and when it is gone', async () => {
    assert.equal(await said('apply', '-f', file('box.yaml', box)), 'pod/box created\n');
    assert.equal(await said('wait', '--for=condition=Ready', 'pod/box', '--timeout=30s'), 'pod/box condition met\n');
    const late = await kubectl('wait', '--for=delete', 'pod/box', '--timeout=1s');
    assert.match(late.stderr, /timed out waiting for the condition on pods\/box/);
  });

  test('exec carries input, output and exit codes', needsContainers, async () => {
    assert.deepEqual(await kubectlWith('three\nlines\nof input', 'exec', '-i', 'box', '--', 'wc', '-l'), {
      code: 0,
      stdout: '2\n',
      stderr: '',
    });
    const failed = await kubectl('exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    assert.deepEqual({ ...failed, stderr: failed.stderr.split('\n')[0] }, { code: 7, stdout: 'out\n', stderr: 'err' });
    const missing = await kubectl('exec', 'box', '--', '/no/such/program');
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /no such file or directory/);
    const long = 'x'.repeat(1 << 20);
    assert.equal((await kubectlWith(long, 'exec', '-i', 'box', '--', 'cat')).stdout.length, long.length);
  });

  test('attach talks to the process of the container', needsContainers, async () => {
    const child = spawn('kubectl', ['--kubeconfig', world.kubeconfig, 'attach', '-i', '-q', 'box']);
    let heard = '';
    child.stdout.on('data', (chunk: Buffer) => void (heard += chunk.toString()));
    child.stdin.write('over attach\n');
    await eventually('the answer', 10_000, async () => (heard.includes('got over attach\n') ? heard : undefined));
    child.kill();
  });

  test('logs follow a container while it writes', needsContainers, async () => {
    const child = spawn('kubectl', ['--kubeconfig', world.kubeconfig, 'logs', '-f', 'box']);
    let heard = '';
    child.stdout.on('data', (chunk: Buffer) => void (heard += chunk.toString()));
    await eventually('the first lines', 10_000, async () => (heard.includes('got over attach\n') ? heard : undefined));
    await kubectlWith('while following\n', 'attach', '-i', '-q', 'box');
    await eventually('the new line', 10_000, async () => (heard.includes('got while following\n') ? heard : undefined));
    child.kill();
    assert.equal(await said('logs', 'box', '--tail=1'), 'got while following\n');
    assert.match(await said('logs', 'deployment/hello', '--timestamps'), /^\d{4}-\d\d-\d\dT\S+Z serving first\n/);
  });

  test('port-forward reaches a pod and a Service', needsContainers, async () => {
    for (const target of ['deployment/hello', 'service/hello']) {
      const port = await freePort();
      const remote = target === 'service/hello' ? 80 : 8080;
      const child = spawn('kubectl', ['--kubeconfig', world.kubeconfig, 'port-forward', target, `${port}:${remote}`]);
      let heard = '';
      child.stdout.on('data', (chunk: Buffer) => void (heard += chunk.toString()));
      await eventually('the forwarding', 10_000, async () => (heard.includes('Forwarding from') ? heard : undefined));
      const answer = await fetch(`http://127.0.0.1:${port}/word`);
      assert.equal(await answer.text(), 'first\n');
      child.kill();
    }
  });

  test('a Service answers on its address, and by its name in a pod', needsContainers, async () => {
    const address = await said('get', 'service', 'hello', '-o', 'jsonpath={.spec.clusterIP}');
    const answer = await eventually('an answer', 5000, async () =>
      fetch(`http://${address}/word`).then(
        (response) => response.text(),
        () => undefined,
      ),
    );
    assert.equal(answer, 'first\n');
    assert.equal(
      await said('exec', 'box', '--', 'wget', '-q', '-O', '-', 'http://hello.default.svc.cluster.local/word'),
      'first\n',
    );
  });

  test('run shows what a pod prints and removes it', needsContainers, async () => {
    const finished = await kubectlWith(
      'once\n',
      'run',
      'once',
      `--image=${image}`,
      '--image-pull-policy=Never',
      '--restart=Never',
      '--rm',
      '-i',
      '-q',
      '--',
      'sh',
      '-c',
      'read word; echo said $word',
    );
    assert.equal(finished.stdout.split('\n')[0], 'said once', finished.stderr);
    assert.match((await kubectl('get', 'pod', 'once')).stderr, /pods "once" not found/);
  });

  test('cp brings a file into a container and back', needsContainers, async () => {
    const there = file('there', 'some text\n');
    await said('cp', there, 'box:/tmp/there');
    await said('cp', 'box:/tmp/there', join(folder, 'back'));
    assert.equal(await said('exec', 'box', '--', 'cat', '/tmp/there'), 'some text\n');
  });

  test('delete waits until a pod is gone', async () => {
    assert.match(await said('delete', 'pod', 'box'), /^pod "box" deleted/);
    assert.equal((await kubectl('get', 'pod', 'box')).stderr, 'Error from server (NotFound): pods "box" not found\n');
    assert.match(
      await said('delete', '-f', join(folder, 'hello.yaml')),
      /deployment\.apps "hello" deleted[^]*service "hello" deleted/,
    );
    await said('wait', '--for=delete', 'pods', '-l', 'app=hello', '--timeout=30s');
  });

  test('a namespace goes with everything in it', async () => {
    assert.equal(await said('create', 'namespace', 'short'), 'namespace/short created\n');
    assert.equal(
      await said('-n', 'short', 'create', 'configmap', 'one', '--from-literal=a=b'),
      'configmap/one created\n',
    );
    assert.match(await said('delete', 'namespace', 'short'), /^namespace "short" deleted/);
    assert.match((await kubectl('get', 'namespace', 'short')).stderr, /namespaces "short" not found/);
  });

  test('explain, api-resources and api-versions describe what there is', async () => {
    const explained = await said('explain', 'deployment.spec.replicas');
    assert.match(explained, /GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n/);
    assert.match(explained, /FIELD: replicas <integer>/);
    assert.match(await said('explain', 'pod.spec.containers'), /image\t<string>/);
    assert.match(await said('api-resources'), /\ndeployments +deploy +apps\/v1 +true +Deployment\n/);
    assert.match(await said('api-versions'), /^apps\/v1$/m);
  });

  test('auth can-i and whoami ask who may do what', async () => {
    assert.equal(await said('auth', 'can-i', 'create', 'deployments'), 'yes\n');
    const bob = await kubectl('auth', 'can-i', 'create', 'deployments', '--as=bob');
    assert.deepEqual([bob.code, bob.stdout], [1, 'no\n']);
    assert.match(await said('auth', 'whoami'), /Username +\S*admin/);
    const forbidden = await kubectl('get', 'pods', '--as=bob');
    assert.equal(
      forbidden.stderr,
      'Error from server (Forbidden): pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"\n',
    );
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
