/** Leases: who leads, and which node lives. @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
import { leases } from '#api/generated/resources.ts';
import type { Lease } from '#api/generated/coordination/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';

const nodeLeaseNamespace = 'kube-node-lease';

export const lease: Resource<Lease> = {
  ...leases,
  singular: 'lease',
  schema: 'io.k8s.api.coordination.v1.Lease',
  anyFinalizers: true,
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  /** A renewal that was lost in a crash is made good by the next one. */
  isVolatile: (object, old) => old !== undefined && object.metadata.namespace === nodeLeaseNamespace,
  prepareForCreate: dropElectionFields,
  prepareForUpdate: dropElectionFields,
  validate,
  columns: [{ name: 'Holder', type: 'string', value: (object) => object.spec?.holderIdentity ?? '' }, ageColumn],
};

/** Fields of coordinated leader election, which is off by default. */
function dropElectionFields({ spec }: Lease): void {
  delete spec?.strategy;
  delete spec?.preferredHolder;
}

function validate({ spec = {} }: DeepReadonly<Lease>): FieldError[] {
  const errors: FieldError[] = [];
  const { leaseDurationSeconds, leaseTransitions } = spec;
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.push(fieldError.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    const text = 'must be greater than or equal to 0';
    errors.push(fieldError.invalid('spec.leaseTransitions', leaseTransitions, text));
  }
  return errors;
}
