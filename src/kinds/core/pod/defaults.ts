/** Defaults of pods and pod templates that the schema cannot say. Empty strings and zeros count as left out. */
import type {
  Container,
  EphemeralContainer,
  Lifecycle,
  LifecycleHandler,
  Pod,
  PodSpec,
  PodStatus,
  Probe,
  Volume,
} from '#api/generated/core/v1.ts';
import { defaultDriverVolume } from '#kinds/core/volume-defaults.ts';
import { imageTag } from '#kinds/core/pod/image-tag.ts';
import { defaultPodResources, roundRequirements, roundResourceList } from '#kinds/core/pod/resource-defaults.ts';

/** Of a Pod object; templates take {@link defaultPodSpec}. */
export function defaultPod(pod: Pod): void {
  if (pod.status !== undefined) defaultAddresses(pod.status);
  pod.spec ??= { containers: [] };
  const spec = pod.spec;
  for (const container of spec.containers ?? []) requestsFromLimits(container);
  for (const container of spec.initContainers ?? []) requestsFromLimits(container);
  if (spec.resources !== undefined) defaultPodResources(spec, spec.resources);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) {
    for (const container of spec.containers ?? []) hostPorts(container);
    for (const container of spec.initContainers ?? []) hostPorts(container);
  }
  defaultPodSpec(spec);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
}

/** The older field is the first of the newer ones; where they differ it is the one that counts. */
function defaultAddresses(status: PodStatus): void {
  const { podIP } = status;
  if (podIP && status.podIPs?.[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  const first = status.podIPs?.[0]?.ip;
  if (first !== undefined) status.podIP = first;
}

export function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ||= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ||= 'default-scheduler';
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  roundRequirements(spec.resources);
  roundResourceList(spec.overhead);
}

/** A limit without a request is a request, too. */
function requestsFromLimits(container: Container): void {
  const limits = container.resources?.limits;
  if (limits === undefined || container.resources === undefined) return;
  container.resources.requests ??= {};
  for (const [name, amount] of Object.entries(limits)) container.resources.requests[name] ??= amount;
}

/** In the host's network a container's port is the host's. */
function hostPorts({ ports }: Container): void {
  for (const port of ports ?? []) port.hostPort ||= port.containerPort;
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.resources ??= {};
  roundRequirements(container.resources);
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.imagePullPolicy ||= pullPolicy(container.image);
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ||= 'v1';
    if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
  }
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultLifecycle(container.lifecycle);
}

function pullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  return imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
  defaultHttpGet(probe);
}

function defaultLifecycle(lifecycle: Lifecycle | undefined): void {
  for (const handler of [lifecycle?.postStart, lifecycle?.preStop]) if (handler !== undefined) defaultHttpGet(handler);
}

function defaultHttpGet({ httpGet }: Pick<LifecycleHandler, 'httpGet'>): void {
  if (httpGet === undefined) return;
  httpGet.path ||= '/';
  httpGet.scheme ||= 'HTTP';
}

const defaultMode = 420;

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= defaultMode;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= defaultMode;
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  if (volume.image !== undefined) volume.image.pullPolicy ||= pullPolicy(volume.image.reference);
  if (volume.ephemeral?.volumeClaimTemplate?.spec !== undefined)
    volume.ephemeral.volumeClaimTemplate.spec.volumeMode ??= 'Filesystem';
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= defaultMode;
    for (const item of volume.downwardAPI.items ?? [])
      if (item.fieldRef !== undefined) item.fieldRef.apiVersion ||= 'v1';
  }
  if (volume.projected !== undefined) defaultProjected(volume.projected);
  defaultDriverVolume(volume);
}

function defaultProjected(projected: NonNullable<Volume['projected']>): void {
  projected.defaultMode ??= defaultMode;
  for (const { serviceAccountToken, downwardAPI } of projected.sources ?? []) {
    if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= 3600;
    for (const item of downwardAPI?.items ?? []) if (item.fieldRef !== undefined) item.fieldRef.apiVersion ||= 'v1';
  }
}
