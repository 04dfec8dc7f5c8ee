/** Defaults of pods and pod templates that the schema cannot say. */
import type {
  Container,
  EphemeralContainer,
  Lifecycle,
  LifecycleHandler,
  Pod,
  PodSpec,
  Probe,
  Volume,
} from '#api/generated/core/v1.ts';

/** Of a Pod object; templates take {@link defaultPodSpec}. */
export function defaultPod(pod: Pod): void {
  pod.spec ??= { containers: [] };
  const spec = pod.spec;
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) requestsFromLimits(container);
  defaultPodSpec(spec);
}

export function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName =
    spec.schedulerName === undefined || spec.schedulerName === '' ? 'default-scheduler' : spec.schedulerName;
  if (spec.serviceAccountName !== undefined && spec.serviceAccountName !== '')
    spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount !== undefined && spec.serviceAccount !== '')
    spec.serviceAccountName = spec.serviceAccount;
  for (const container of spec.containers ?? []) defaultContainer(container, spec);
  for (const container of spec.initContainers ?? []) defaultContainer(container, spec);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container, spec);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

/** A limit without a request is a request, too. */
function requestsFromLimits(container: Container): void {
  const limits = container.resources?.limits;
  if (limits === undefined || container.resources === undefined) return;
  container.resources.requests ??= {};
  for (const [name, amount] of Object.entries(limits)) container.resources.requests[name] ??= amount;
}

function defaultContainer(container: Container | EphemeralContainer, spec: PodSpec): void {
  container.resources ??= {};
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= hasLatestTag(container.image ?? '') ? 'Always' : 'IfNotPresent';
  for (const port of container.ports ?? []) {
    port.protocol ??= 'TCP';
    if (spec.hostNetwork === true) port.hostPort ??= port.containerPort;
  }
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef !== undefined) variable.valueFrom.fieldRef.apiVersion ??= 'v1';
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) defaultProbe(probe);
  defaultLifecycle(container.lifecycle);
}

/** No tag and no digest mean latest. */
function hasLatestTag(image: string): boolean {
  if (image.includes('@')) return false;
  const last = image.slice(image.lastIndexOf('/') + 1);
  const tag = last.includes(':') ? last.slice(last.indexOf(':') + 1) : 'latest';
  return tag === 'latest';
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds = orDefault(probe.timeoutSeconds, 1);
  probe.periodSeconds = orDefault(probe.periodSeconds, 10);
  probe.successThreshold = orDefault(probe.successThreshold, 1);
  probe.failureThreshold = orDefault(probe.failureThreshold, 3);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
  defaultHttpGet(probe);
}

function orDefault(value: number | undefined, otherwise: number): number {
  return value === undefined || value === 0 ? otherwise : value;
}

function defaultLifecycle(lifecycle: Lifecycle | undefined): void {
  for (const handler of [lifecycle?.postStart, lifecycle?.preStop]) if (handler !== undefined) defaultHttpGet(handler);
}

function defaultHttpGet(handler: Pick<LifecycleHandler, 'httpGet'>): void {
  if (handler.httpGet === undefined) return;
  if (handler.httpGet.path === undefined || handler.httpGet.path === '') handler.httpGet.path = '/';
  handler.httpGet.scheme ??= 'HTTP';
}

const defaultMode = 420;

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= defaultMode;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= defaultMode;
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= defaultMode;
    for (const item of volume.downwardAPI.items ?? [])
      if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= 'v1';
  }
  if (volume.projected === undefined) return;
  volume.projected.defaultMode ??= defaultMode;
  for (const source of volume.projected.sources ?? []) {
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= 3600;
    for (const item of source.downwardAPI?.items ?? [])
      if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= 'v1';
  }
}
