/**
 * CertificateSigningRequests: created, approved and given a certificate by clients; no signer of our own yet.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import type { CertificateSigningRequest } from '#api/generated/certificates/v1.ts';
import { certificatesigningrequests } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { timestamp } from '#base/clock.ts';
import { ageColumn } from '#kinds/age-column.ts';

type Request = CertificateSigningRequest;
type AnyRequest = DeepReadonly<Request>;

export const certificateSigningRequest: Resource<Request> = {
  ...certificatesigningrequests,
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  generation: false,
  allowUnconditionalUpdate: true,
  prepareForCreate(object, { user }) {
    const { username: _, uid: __, groups: ___, extra: ____, ...asked } = object.spec;
    object.spec = {
      ...asked,
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: [...user.groups],
      ...(user.extra === undefined ? {} : { extra: user.extra as Record<string, string[]> }),
    };
    object.status = {};
  },
  prepareForUpdate(object, old) {
    object.spec = old.spec as Mutable<Request['spec']>;
    object.status = old.status as Mutable<NonNullable<Request['status']>>;
  },
  selectableFieldNames: ['spec.signerName'],
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec.signerName }),
  subresources: {
    status: {
      prepareForUpdate(object, old, { nowMs }) {
        object.spec = old.spec as Mutable<Request['spec']>;
        keepDecisions(object, old);
        stamp(object, timestamp(nowMs));
      },
    },
    approval: {
      kind: 'CertificateSigningRequest',
      verbs: ['get', 'patch', 'update'],
      update: {
        prepareForUpdate(object, old, { nowMs }) {
          object.spec = old.spec as Mutable<Request['spec']>;
          const { conditions } = object.status ?? {};
          object.status = { ...(old.status as Mutable<Request['status']>), ...(conditions && { conditions }) };
          stamp(object, timestamp(nowMs));
        },
      },
    },
  },
  columns: [
    ageColumn,
    { name: 'SignerName', type: 'string', value: ({ spec }) => spec.signerName },
    { name: 'Requestor', type: 'string', value: ({ spec }) => spec.username ?? '' },
    {
      name: 'RequestedDuration',
      type: 'string',
      value: ({ spec }) => (spec.expirationSeconds === undefined ? '<none>' : `${spec.expirationSeconds}s`),
    },
    { name: 'Condition', type: 'string', value: conditionText },
  ],
};

/** Only who may approve decides; the signer's status update leaves the decision as it is. */
function keepDecisions(object: Request, old: AnyRequest): void {
  const isDecision = ({ type }: { readonly type: string }): boolean => type === 'Approved' || type === 'Denied';
  const others = (object.status?.conditions ?? []).filter((each) => !isDecision(each));
  const decided = (old.status?.conditions ?? []).filter(isDecision).map((each) => ({ ...each }));
  if (others.length + decided.length > 0) object.status = { ...object.status, conditions: [...decided, ...others] };
}

function stamp(object: Request, now: string): void {
  for (const condition of object.status?.conditions ?? []) {
    condition.lastTransitionTime ??= now;
    condition.lastUpdateTime ??= now;
  }
}

function conditionText({ status }: AnyRequest): string {
  const types = (status?.conditions ?? []).map(({ type }) => type);
  const words = [
    types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : '',
    types.includes('Failed') ? 'Failed' : '',
    (status?.certificate ?? '') === '' ? '' : 'Issued',
  ].filter((word) => word !== '');
  return words.length === 0 ? 'Pending' : words.join();
}
