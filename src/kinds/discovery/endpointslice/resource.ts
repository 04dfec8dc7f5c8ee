/** EndpointSlices. @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/ */
import { endpointslices } from '#api/generated/resources.ts';
import type { EndpointSlice } from '#api/generated/discovery/v1.ts';
import type { Resource } from '#api/resource.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { warningsForIp } from '#kinds/ip-validation.ts';
import { validate, validateUpdate } from '#kinds/discovery/endpointslice/validation.ts';

const maxShown = 3;
const ownManagers: ReadonlySet<string> = new Set([
  'endpointslice-controller.k8s.io',
  'endpointslicemirroring-controller.k8s.io',
]);

export const endpointSlice: Resource<EndpointSlice> = {
  ...endpointslices,
  singular: 'endpointslice',
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  metadataOnUpdate: 'object',
  generation: false,
  allowUnconditionalUpdate: true,
  defaults(object) {
    for (const port of object.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    dropTopology(object);
  },
  prepareForUpdate(object, old) {
    const { metadata, ...content } = object;
    const { metadata: oldMetadata, ...oldContent } = old;
    const isSame = jsonEqual(content, oldContent) && jsonEqual(metadata.labels ?? {}, oldMetadata.labels ?? {});
    metadata.generation = (oldMetadata.generation ?? 0) + (isSame ? 0 : 1);
    dropTopology(object);
  },
  validateCreate: validate,
  validateUpdate,
  warnings(object, old) {
    const list: string[] = [];
    if (old === undefined && object.addressType === 'FQDN')
      list.push('spec.addressType: FQDN endpoints are deprecated');
    if (ownManagers.has(object.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) return list;
    object.endpoints?.forEach(({ addresses }, i) =>
      addresses?.forEach((address, n) => list.push(...warningsForIp(address, `endpoints[${i}].addresses[${n}]`))),
    );
    return list;
  },
  columns: [
    { name: 'AddressType', type: 'string', value: (object) => object.addressType ?? '' },
    {
      name: 'Ports',
      type: 'string',
      value: ({ ports }) =>
        shortened((ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? '*') : `${port}`))),
    },
    {
      name: 'Endpoints',
      type: 'string',
      value: ({ endpoints }) => shortened((endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])),
    },
    ageColumn,
  ],
};

/** A field of v1beta1 that v1 does not let anybody write. */
function dropTopology(object: EndpointSlice): void {
  for (const endpoint of object.endpoints ?? []) delete endpoint.deprecatedTopology;
}

function shortened(list: readonly string[]): string {
  const shown = list.slice(0, maxShown).join(',');
  if (list.length > maxShown) return `${shown} + ${list.length - maxShown} more...`;
  return shown === '' ? '<unset>' : shown;
}
