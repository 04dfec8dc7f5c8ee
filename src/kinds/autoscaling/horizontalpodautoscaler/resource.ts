/** HorizontalPodAutoscalers v2. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/ */
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec } from '#api/generated/autoscaling/v2.ts';
import { horizontalpodautoscalers } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { keepStatus, statusSubresource } from '#kinds/status-carry.ts';

type AnyAutoscaler = DeepReadonly<HorizontalPodAutoscaler>;

const shownMetrics = 2;

export const horizontalPodAutoscaler: Resource<HorizontalPodAutoscaler> = {
  ...horizontalpodautoscalers,
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  generation: false,
  allowUnconditionalUpdate: true,
  defaults(object) {
    const spec = object.spec;
    if (spec === undefined) return;
    spec.minReplicas ??= 1;
    if ((spec.metrics ?? []).length === 0) {
      const target = { type: 'Utilization', averageUtilization: 80 };
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    }
    if (spec.behavior === undefined) return;
    spec.behavior.scaleUp = { ...scaleUp(), ...spec.behavior.scaleUp };
    spec.behavior.scaleDown = { ...scaleDown(), ...spec.behavior.scaleDown };
  },
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0, currentMetrics: null as never };
  },
  prepareForUpdate: keepStatus,
  subresources: { status: statusSubresource() },
  columns: [
    {
      name: 'Reference',
      type: 'string',
      value: ({ spec }) => `${spec?.scaleTargetRef.kind ?? ''}/${spec?.scaleTargetRef.name ?? ''}`,
    },
    { name: 'Targets', type: 'string', value: metricsText },
    { name: 'MinPods', type: 'string', value: ({ spec }) => String(spec?.minReplicas ?? '<unset>') },
    { name: 'MaxPods', type: 'string', value: ({ spec }) => spec?.maxReplicas ?? 0 },
    { name: 'Replicas', type: 'string', value: ({ status }) => status?.currentReplicas ?? 0 },
    ageColumn,
  ],
};

function scaleUp(): HPAScalingRules {
  return {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  };
}

function scaleDown(): HPAScalingRules {
  return { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };
}

/** Current and wanted value of each metric; the first two, and how many more there are. */
function metricsText({ spec, status }: AnyAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const list = metrics.map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  const shown = list.slice(0, shownMetrics).join(', ');
  return list.length > shownMetrics ? `${shown} + ${list.length - shownMetrics} more...` : shown;
}

type Status = NonNullable<NonNullable<AnyAutoscaler['status']>['currentMetrics']>[number];

function metricText(metric: DeepReadonly<MetricSpec>, status: Status | undefined): string {
  const own = metric.resource ?? metric.containerResource;
  const current = (status?.resource ?? status?.containerResource)?.current;
  if (own !== undefined) {
    const { averageValue, averageUtilization } = own.target;
    if (averageValue !== undefined) return `${own.name}: ${current?.averageValue ?? '<unknown>'}/${averageValue}`;
    const percent = (value: number | undefined, otherwise: string): string =>
      value === undefined ? otherwise : `${value}%`;
    return `${own.name}: ${percent(current?.averageUtilization, '<unknown>')}/${percent(averageUtilization, '<auto>')}`;
  }
  const target = (metric.pods ?? metric.object ?? metric.external)?.target;
  if (target === undefined) return '<unknown type>';
  const now = (status?.pods ?? status?.object ?? status?.external)?.current;
  if (metric.pods !== undefined) return `${now?.averageValue ?? '<unknown>'}/${target.averageValue}`;
  if (target.averageValue !== undefined) return `${now?.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`;
  return `${now?.value ?? '<unknown>'}/${target.value}`;
}
