/** PodTemplates. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/ */
import type { PodTemplate } from '#api/generated/core/v1.ts';
import { podtemplates } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { FieldError } from '#api/status.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { validateWithTemplate } from '#kinds/apps/workload-validation.ts';
import { defaultPodSpec } from '#kinds/core/pod/defaults.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { checkPodTemplate } from '#kinds/core/pod/validation/template.ts';
import { templateWarnings } from '#kinds/core/pod/warnings.ts';

type AnyTemplate = DeepReadonly<PodTemplate>;

export const podTemplate: Resource<PodTemplate> = {
  ...podtemplates,
  singular: 'podtemplate',
  schema: 'io.k8s.api.core.v1.PodTemplate',
  generation: false,
  allowUnconditionalUpdate: true,
  defaults(object) {
    object.template ??= {};
    defaultPodSpec((object.template.spec ??= { containers: [] }));
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    dropDisabledFields(object.template?.spec);
  },
  prepareForUpdate(object, old) {
    const isSame = semanticEqual(object.template, old.template);
    object.metadata.generation = (old.metadata.generation ?? 0) + (isSame ? 0 : 1);
    dropDisabledFields(object.template?.spec);
  },
  validateCreate: (object) => validate(object),
  validateUpdate: validate,
  warnings: ({ template }) => templateWarnings(template, 'template.'),
  columns: [
    {
      name: 'Containers',
      type: 'string',
      value: (object) =>
        containersOf(object)
          .map(({ name }) => name)
          .join(),
    },
    {
      name: 'Images',
      type: 'string',
      value: (object) =>
        containersOf(object)
          .map(({ image }) => image ?? '')
          .join(),
    },
    { name: 'Pod Labels', type: 'string', value: labelsText },
  ],
};

function validate(object: AnyTemplate, old?: AnyTemplate): FieldError[] {
  return validateWithTemplate(old?.template, (lenient) => {
    const errors: FieldError[] = [];
    checkPodTemplate(errors, object.template ?? {}, 'template', lenient);
    return errors;
  });
}

function containersOf({ template }: AnyTemplate): readonly { readonly name: string; readonly image?: string }[] {
  return template?.spec?.containers ?? [];
}

function labelsText({ template }: AnyTemplate): string {
  const entries = Object.entries(template?.metadata?.labels ?? {}).sort();
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join();
}
