/** Fields that the schema knows but v1.36 does not keep unless somebody enables them. */
import type { Container, PodSpec } from '#api/generated/core/v1.ts';

/** Changes the spec. */
export function dropDisabledFields(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  delete spec.schedulingGroup;
  for (const container of spec.containers ?? []) dropStopSignal(container);
  for (const container of spec.initContainers ?? []) dropStopSignal(container);
  for (const container of spec.ephemeralContainers ?? []) dropStopSignal(container as Container);
  for (const { projected } of spec.volumes ?? [])
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
}

/** A lifecycle that said nothing else goes with it. */
function dropStopSignal(container: Container): void {
  const { lifecycle } = container;
  if (lifecycle?.stopSignal === undefined) return;
  delete lifecycle.stopSignal;
  if (Object.keys(lifecycle).length === 0) delete container.lifecycle;
}
