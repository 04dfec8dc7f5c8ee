import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/logger.ts';
import { ImageCollector } from '#kubelet/images/image-collector.ts';
import type { ContainerStatus, ImageStatus } from '#kubelet/runtime.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';

const image = (name: string, sizeBytes = 10): ImageStatus => ({
  id: `sha256:${name}`,
  tags: [name],
  digests: [],
  sizeBytes,
  user: {},
});
const container = (name: string): ContainerStatus =>
  ({ image: name, imageId: `sha256:${name}` }) as Partial<ContainerStatus> as ContainerStatus;

function world(availableBytes: number) {
  const clock = new VirtualClock();
  const state = { images: ['a', 'b', 'c'].map((name) => image(name)), used: [] as string[], availableBytes };
  const removed: string[] = [];
  const events: string[] = [];
  const runtime = {
    listImages: () => Promise.resolve(state.images),
    removeImage: (id: string) => {
      removed.push(id);
      state.images = state.images.filter((candidate) => candidate.id !== id);
      return Promise.resolve();
    },
  };
  const collector = new ImageCollector({
    clock,
    log: silentLogger,
    runtime,
    host: { diskUsage: () => Promise.resolve({ capacityBytes: 100, availableBytes: state.availableBytes }) },
    directory: '/data',
    containers: () => state.used.map(container),
    volumeImages: () => [],
    event: (reason, message) => void events.push(`${reason} ${message}`),
  });
  const lookAfter = async (ms: number): Promise<void> => {
    await clock.run(ms);
    await collector.look();
  };
  return { state, removed, events, lookAfter };
}

test('below 85 % nothing is removed', async () => {
  const { removed, lookAfter } = world(16);
  await lookAfter(0);
  await lookAfter(300_000);
  assert.deepEqual(removed, []);
});

test('from 85 % on images go until 80 % would be used, the longest unused first', async () => {
  const { state, removed, events, lookAfter } = world(50);
  state.used = ['a'];
  await lookAfter(0);
  state.used = ['b'];
  await lookAfter(300_000);
  state.used = [];
  state.availableBytes = 5;
  await lookAfter(300_000);
  assert.deepEqual(removed, ['sha256:c', 'sha256:a']);
  assert.deepEqual(events, []);
});

test('what is used, came just now, is the sandbox’s or can be had nowhere else stays, and that it is not enough is told', async () => {
  const { state, removed, events, lookAfter } = world(5);
  state.images = ['used', 'localhost/wheelhouse-pause:1', 'localhost/own:1', 'old'].map((name) => image(name));
  state.used = ['used'];
  await lookAfter(0);
  assert.deepEqual(removed, []);
  state.images.push(image('new'));
  await lookAfter(300_000);
  assert.deepEqual(removed, ['sha256:old']);
  assert.match(events.at(-1) ?? '', /^FreeDiskSpaceFailed .* Attempted to free 15 bytes, but only found 10 bytes/);
});
