import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installRelease } from '#platform/charts/releases/actions/install.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import type { ObjectFailure } from '#platform/charts/releases/cluster/objects.ts';
import { failurePlaces, failureText } from '#platform/charts/releases/review/failure-places.ts';
import { valueOf } from '#platform/charts/values/table.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { createCluster } from '#testing/create-cluster.ts';
import { chartOf, releaseWorld } from '#testing/releases.ts';

const service = `apiVersion: v1
kind: Service
metadata:
  name: {{ .Values.name }}
spec:
  {{- /* where it listens */}}
  type: {{ .Values.service.type }}
  ports:
    - port: {{ .Values.service.port }}
      name: http
`;

test('an error names the template, the line and the value of what the server refuses', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const failures: ObjectFailure[] = [];
  const { context } = releaseWorld(cluster, { objectFailed: (failure) => void failures.push(failure) });
  const chart = await chartOf({
    'values.yaml': 'name: web\nservice: {type: Nonsense, port: 70000}\n',
    'templates/service.yaml': service,
  });
  const values = valueOf({}) as Table;
  await assert.rejects(installRelease(context, { name: 'web', chart, values, timeoutMs: 1000 }));
  assert.equal(
    failures.map((failure) => failureText(failurePlaces(failure, chart))).join(''),
    '  demo/templates/service.yaml:9:7 spec.ports[0].port (from .Values.service.port)\n' +
      // Defaulted from the port: the document has no line of its own for it.
      '  demo/templates/service.yaml:8:3 spec.ports[0].targetPort\n' +
      '  demo/templates/service.yaml:7:3 spec.type (from .Values.service.type)\n',
  );
});

test('a field that several lines of the template could mean is named by its rendered line', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0 });
  const failures: ObjectFailure[] = [];
  const { context } = releaseWorld(cluster, { objectFailed: (failure) => void failures.push(failure) });
  const values = valueOf({}) as Table;
  const change = { name: 'web', values, timeoutMs: 1000, maxHistory: 10 };
  const chartWith = (port: string) =>
    chartOf({
      'values.yaml': 'name: web\nservice: {type: ClusterIP, port: 80}\n',
      'templates/service.yaml': `${service}    - port: ${port}\n      name: other\n`,
    });
  await installRelease(context, { ...change, chart: await chartWith('81') });
  const chart = await chartWith('99999');
  await assert.rejects(upgradeRelease(context, { ...change, chart }));
  assert.equal(
    failures.map((failure) => failureText(failurePlaces(failure, chart))).join(''),
    '  demo/templates/service.yaml, line 11 of the rendered document: spec.ports[1].port\n' +
      '  demo/templates/service.yaml:8:3 spec.ports[1].targetPort\n',
  );
});
