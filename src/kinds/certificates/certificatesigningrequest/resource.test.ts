import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { CertificateSigningRequest } from '#api/generated/certificates/v1.ts';
import type { StatusSubresource } from '#api/resource.ts';
import { certificateSigningRequest } from '#kinds/certificates/certificatesigningrequest/resource.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

const call = new MemoryCluster().call({ user: { name: 'eve', groups: ['g'] } });
const request = (status: CertificateSigningRequest['status']): CertificateSigningRequest => ({
  metadata: { name: 'r' },
  spec: { request: 'cg==', signerName: 's/t' },
  status,
});

test('who asks is written down by the server, and nothing is approved yet', () => {
  const object = request({ conditions: [{ type: 'Approved', status: 'True' }] });
  object.spec.username = 'admin';
  certificateSigningRequest.prepareForCreate?.(object, call);
  assert.deepEqual(object.spec, { request: 'cg==', signerName: 's/t', username: 'eve', groups: ['g'] });
  assert.deepEqual(object.status, {});
});

test('an update of the status approves nothing', () => {
  const object = request({ conditions: [{ type: 'Approved', status: 'True' }], certificate: 'Yw==' });
  const status = certificateSigningRequest.subresources?.status as StatusSubresource<CertificateSigningRequest>;
  status.prepareForUpdate?.(object, request({ conditions: [{ type: 'Denied', status: 'True' }] }), call);
  assert.deepEqual(
    object.status?.conditions?.map(({ type }) => type),
    ['Denied'],
  );
});
