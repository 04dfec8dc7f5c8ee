import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoints, endpointslices, services } from '#api/generated/resources.ts';
import { startCluster } from './cluster.ts';

test('Endpoints made by hand for a Service without selector are mirrored, followed and removed', async () => {
  const cluster = await startCluster();
  const { client, clock } = cluster;
  const key = { namespace: 'default', name: 'outside' };
  const mirrored = async (): Promise<string[]> => {
    const { items } = await client.list(endpointslices, { labelSelector: 'kubernetes.io/service-name=outside' });
    return items.flatMap((slice) =>
      (slice.endpoints ?? []).map(
        ({ addresses, conditions }) => `${addresses[0]} ${conditions?.ready} ${slice.ports?.[0]?.port}`,
      ),
    );
  };
  await client.create(services, { metadata: key, spec: { ports: [{ port: 80, protocol: 'TCP' }] } });
  const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 9376, protocol: 'TCP' as const }] }];
  const made = await client.create(endpoints, { metadata: key, subsets });
  await clock.settle();
  assert.deepEqual(await mirrored(), ['192.0.2.1 true 9376'], cluster.complaints.join('\n'));
  made.subsets = [{ notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ port: 80, protocol: 'TCP' }] }];
  await client.update(endpoints, made);
  await clock.settle();
  assert.deepEqual(await mirrored(), ['192.0.2.2 false 80'], cluster.complaints.join('\n'));
  await client.delete(endpoints, key);
  await clock.settle();
  assert.deepEqual(await mirrored(), [], cluster.complaints.join('\n'));
  await cluster.stop();
});
