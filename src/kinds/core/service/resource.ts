/** Services. @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
import { services } from '#api/generated/resources.ts';
import type { Service } from '#api/generated/core/v1.ts';
import type { Resource } from '#api/resource.ts';
import { nameIsDNSLabel } from '#api/meta/names.ts';
import { allocateCreate, allocateUpdate, releaseAll } from '#kinds/core/service/allocation.ts';
import { serviceColumns } from '#kinds/core/service/columns.ts';
import { defaultService } from '#kinds/core/service/defaults.ts';
import { forgetPromises } from '#kinds/core/service/node-ports.ts';
import { resolveService } from '#kinds/core/service/proxy.ts';
import { nodePortsOf, specOf } from '#kinds/core/service/spec.ts';
import { validateStatus } from '#kinds/core/service/status-validation.ts';
import { dropTypeDependent } from '#kinds/core/service/type-change.ts';
import { validateService, validateServiceUpdate } from '#kinds/core/service/validation.ts';
import { serviceWarnings } from '#kinds/core/service/warnings.ts';

export const service: Resource<Service> = {
  ...services,
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.Service',
  registryPath: 'services/specs',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  validateName: nameIsDNSLabel,
  defaults: defaultService,
  beforeCreate: allocateCreate,
  beforeUpdate: allocateUpdate,
  prepareForCreate: dropUnusedPolicy,
  prepareForUpdate(object, old) {
    dropTypeDependent(object, old);
    dropUnusedPolicy(object);
  },
  validateCreate: (object) => validateService(object),
  validateUpdate: (object, old) => [...validateServiceUpdate(object, old), ...validateService(object, old)],
  warnings: serviceWarnings,
  afterCreate: async (object, { reader }) =>
    forgetPromises(reader, [...nodePortsOf(specOf(object)), specOf(object).healthCheckNodePort ?? 0]),
  afterDelete: releaseAll,
  selectableFieldNames: ['spec.clusterIP', 'spec.type'],
  selectableFields: (object) => ({
    'spec.clusterIP': specOf(object).clusterIP ?? '',
    'spec.type': specOf(object).type ?? '',
  }),
  subresources: {
    status: { validateUpdate: validateStatus },
    proxy: {
      kind: 'ServiceProxyOptions',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      stream: { type: 'proxy', resolve: resolveService },
    },
  },
  columns: serviceColumns,
};

/** What upstream does not show of a name that is no address. */
function dropUnusedPolicy({ spec }: Service): void {
  if (spec?.type === 'ExternalName') delete spec.internalTrafficPolicy;
}
