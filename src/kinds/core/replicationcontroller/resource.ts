/** ReplicationControllers. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replication-controller-v1/ */
import type { ReplicationController, ReplicationControllerSpec } from '#api/generated/core/v1.ts';
import { replicationcontrollers } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { selectorFromLabels, selectorText } from '#api/meta/label-selector.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { templateColumns } from '#kinds/apps/workload-columns.ts';
import {
  checkAtMost,
  checkCount,
  checkCounts,
  checkRestartsAlways,
  checkSelects,
  validateWithTemplate,
} from '#kinds/apps/workload-validation.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { checkPodTemplate } from '#kinds/core/pod/validation/template.ts';
import { templateWarnings, workloadNameWarnings } from '#kinds/core/pod/warnings.ts';

type AnyController = DeepReadonly<ReplicationController>;
type Spec = ReplicationControllerSpec;

const counts = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
] as const;

export const replicationController: Resource<ReplicationController> = {
  ...replicationcontrollers,
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.ReplicationController',
  registryPath: 'controllers',
  allowUnconditionalUpdate: true,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.replicas ??= 1;
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(object.metadata.labels ?? {}).length === 0) object.metadata.labels = { ...labels };
    }
    if (spec.template !== undefined) defaultPodSpec((spec.template.spec ??= { containers: [] }));
  },
  prepareForCreate(object) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = { replicas: 0 };
  },
  prepareForUpdate(object, old) {
    dropDisabledFields(object.spec?.template?.spec);
    object.status = old.status as Mutable<NonNullable<ReplicationController['status']>>;
  },
  validateCreate: (object) => validate(object),
  validateUpdate: validate,
  warnings: (object, old) => [
    ...(old === undefined ? workloadNameWarnings(object.metadata.name) : []),
    ...(old?.metadata.generation === object.metadata.generation ? [] : templateWarnings(object.spec?.template)),
  ],
  selectableFieldNames: ['status.replicas'],
  selectableFields: (object) => ({ 'status.replicas': String(object.status?.replicas ?? 0) }),
  subresources: {
    status: {
      validateUpdate: validateStatus,
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<Spec>;
      },
    },
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelector: (object) => selectorText(selectorFromLabels(object.spec?.selector)),
    },
  },
  columns: [
    { name: 'Desired', type: 'integer', value: (object) => object.spec?.replicas ?? 0 },
    { name: 'Current', type: 'integer', value: (object) => object.status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', value: (object) => object.status?.readyReplicas ?? 0 },
    ageColumn,
    ...templateColumns.filter(({ name }) => name !== 'Selector'),
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      value: (object) => selectorText(selectorFromLabels(object.spec?.selector)) || '<none>',
    },
  ],
};

function validate(object: AnyController, old?: AnyController): FieldError[] {
  return validateWithTemplate(old?.spec?.template, (lenient) => {
    const errors: FieldError[] = [];
    const { minReadySeconds, selector, replicas, template } = object.spec ?? ({} as DeepReadonly<Spec>);
    checkCount(errors, minReadySeconds, 'spec.minReadySeconds');
    if (Object.keys(selector ?? {}).length === 0) errors.push(fieldError.required('spec.selector'));
    checkCount(errors, replicas, 'spec.replicas');
    if (template === undefined) return [...errors, fieldError.required('spec.template')];
    checkSelects(errors, template, selectorFromLabels(selector));
    checkPodTemplate(errors, template, 'spec.template', lenient);
    checkRestartsAlways(errors, template, 'ReplicationController');
    return errors;
  });
}

function validateStatus(object: AnyController): FieldError[] {
  const errors: FieldError[] = [];
  const status = object.status ?? {};
  checkCounts(errors, status, 'status', counts);
  checkAtMost(errors, status, 'status', ['fullyLabeledReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['readyReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['availableReplicas', 'replicas']);
  checkAtMost(errors, status, 'status', ['availableReplicas', 'readyReplicas']);
  return errors;
}
