/** Fields that the schema knows but v1.36 does not keep unless somebody enables them. */
import type { Lifecycle, PodSpec } from '#api/generated/core/v1.ts';

/** Changes the spec. */
export function dropDisabledFields(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  delete spec.schedulingGroup;
  for (const container of spec.containers ?? []) dropStopSignal(container.lifecycle);
  for (const container of spec.initContainers ?? []) dropStopSignal(container.lifecycle);
  for (const { projected } of spec.volumes ?? [])
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
}

function dropStopSignal(lifecycle: Lifecycle | undefined): void {
  if (lifecycle !== undefined) delete lifecycle.stopSignal;
}
