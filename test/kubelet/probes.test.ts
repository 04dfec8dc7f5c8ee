import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Probe } from '#api/generated/core/v1.ts';
import { World } from './world.ts';

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const world = await World.start();
  try {
    await run(world);
  } finally {
    world.close();
  }
}
const http: Probe = {
  httpGet: { port: 80, path: '/healthz' },
  periodSeconds: 10,
  timeoutSeconds: 1,
  failureThreshold: 3,
  successThreshold: 1,
};
const containers = (probes: { livenessProbe?: Probe; readinessProbe?: Probe; startupProbe?: Probe }) => [
  { name: 'main', image: 'app', ...probes },
];

test('a container is not ready before its readiness probe succeeds, and after it has failed three times', () =>
  inWorld(async (world) => {
    world.probes.onHttp = () => 503;
    await world.create('web', { containers: containers({ readinessProbe: http }) });
    await world.advance(0);
    assert.equal(await world.summary('web'), 'Running ready=False main:running');
    assert.ok(
      world.events.includes('Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 503'),
    );
    world.probes.onHttp = () => 200;
    await world.advance(10_000);
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    world.probes.onHttp = () => 'dial tcp 10.244.0.3:80: connect: connection refused';
    await world.advance(20_000);
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    await world.advance(10_000);
    assert.equal(await world.summary('web'), 'Running ready=False main:running');
    const refused = world.events.find((event) => event.includes('refused'));
    assert.match(
      refused ?? '',
      /^Warning Unhealthy Readiness probe failed: Get "http:\/\/10\.244\.0\.\d+:80\/healthz": dial tcp .* connection refused$/,
    );
  }));

test('a failed liveness probe restarts the container', () =>
  inWorld(async (world) => {
    await world.create('web', { containers: containers({ livenessProbe: { ...http, initialDelaySeconds: 5 } }) });
    await world.advance(5_000);
    world.probes.onHttp = () => 500;
    await world.advance(29_000);
    assert.equal(await world.summary('web'), 'Running ready=True main:running');
    world.probes.onHttp = () => (world.runtime.calls.includes('start main#1') ? 200 : 500);
    await world.advance(1_000);
    assert.equal(await world.summary('web'), 'Running ready=True main:running#1');
    assert.ok(world.events.includes('Normal Killing Container main failed liveness probe, will be restarted'));
  }));

test('liveness waits for the startup probe, which gives a slow container its time', () =>
  inWorld(async (world) => {
    let alive = 500;
    world.probes.onHttp = ({ path }) => (path === '/start' ? alive : 500);
    const startupProbe: Probe = {
      ...http,
      httpGet: { port: 80, path: '/start' },
      failureThreshold: 30,
      periodSeconds: 1,
    };
    await world.create('web', {
      containers: containers({ startupProbe, livenessProbe: { ...http, failureThreshold: 1 } }),
    });
    await world.advance(20_000);
    assert.equal(await world.summary('web'), 'Running ready=False main:running');
    assert.equal((await world.get('web')).status?.containerStatuses?.[0]?.started, false);
    alive = 200;
    await world.advance(1_000);
    assert.match(world.events.join('\n'), /failed liveness probe, will be restarted/);
  }));

test('a startup probe that never succeeds restarts the container', () =>
  inWorld(async (world) => {
    world.probes.onHttp = () => 500;
    await world.create('web', { containers: containers({ startupProbe: { ...http, periodSeconds: 1 } }) });
    await world.advance(2_000);
    assert.ok(world.events.includes('Normal Killing Container main failed startup probe, will be restarted'));
  }));

test('an exec probe counts its exit code, and its timeout as a failure', () =>
  inWorld(async (world) => {
    let answer: Promise<number> | number = 1;
    world.runtime.onExec = (_container, _command, io) =>
      io.stdout(new TextEncoder().encode('not yet')).then(() => answer);
    const readinessProbe: Probe = {
      exec: { command: ['check', 'it'] },
      periodSeconds: 5,
      timeoutSeconds: 2,
      failureThreshold: 1,
    };
    await world.create('web', { containers: containers({ readinessProbe }) });
    await world.advance(0);
    assert.ok(world.events.includes('Warning Unhealthy Readiness probe failed: not yet'));
    answer = new Promise(() => {});
    await world.advance(7_000);
    assert.ok(
      world.events.includes(
        'Warning Unhealthy Readiness probe failed: command timed out: "check it" timed out after 2s',
      ),
    );
  }));

test('a pod that is deleted is not probed for its life any more', () =>
  inWorld(async (world) => {
    world.runtime.behaviours.set('app', { ignoresTerm: true });
    await world.create('web', { terminationGracePeriodSeconds: 100, containers: containers({ livenessProbe: http }) });
    await world.delete('web');
    let probed = 0;
    world.probes.onHttp = () => {
      probed++;
      return 500;
    };
    await world.advance(60_000);
    assert.equal(probed, 0);
  }));
