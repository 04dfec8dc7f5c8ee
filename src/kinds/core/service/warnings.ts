/** What a Service says that is odd, ignored or deprecated. */
import { formatIp, formatPrefix, parsePrefix } from '#base/ip.ts';
import { type AnyService, headless, specOf } from '#kinds/core/service/spec.ts';
import { warningsForIp } from '#kinds/ip-validation.ts';

const hints = 'service.kubernetes.io/topology-aware-hints';
const mode = 'service.kubernetes.io/topology-mode';

export function serviceWarnings(service: AnyService): string[] {
  const spec = specOf(service);
  const { type, clusterIP = '', clusterIPs = [], externalIPs = [], loadBalancerIP = '' } = spec;
  const list: string[] = [];
  if (service.metadata.annotations?.[hints] !== undefined)
    list.push(`annotation ${hints} is deprecated, please use ${mode} instead`);
  if (clusterIP !== '' && clusterIP !== headless)
    clusterIPs.forEach((ip, i) => list.push(...warningsForIp(ip, `spec.clusterIPs[${i}]`)));
  const isHeadless = type === 'ClusterIP' && clusterIP === headless;
  if (isHeadless) {
    if (loadBalancerIP !== '') list.push('spec.loadBalancerIP is ignored for headless services');
    if (externalIPs.length > 0) list.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') list.push('spec.SessionAffinity is ignored for headless services');
  }
  externalIPs.forEach((ip, i) => list.push(...warningsForIp(ip, `spec.externalIPs[${i}]`)));
  if (externalIPs.length > 0 && !isHeadless && type !== 'ExternalName')
    list.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  if (loadBalancerIP !== '') list.push(...warningsForIp(loadBalancerIP, 'spec.loadBalancerIP'));
  spec.loadBalancerSourceRanges?.forEach((range, i) =>
    list.push(...warningsForRange(range, `spec.loadBalancerSourceRanges[${i}]`)),
  );
  if (type === 'ExternalName' && externalIPs.length > 0)
    list.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (type !== 'ExternalName' && (spec.externalName ?? '') !== '')
    list.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose')
    list.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return list;
}

function warningsForRange(range: string, path: string): string[] {
  const prefix = parsePrefix(range);
  if (prefix === undefined || prefix.base === prefix.address.value) return [];
  const single = `${formatIp(prefix.address)}/${prefix.family === 4 ? 32 : 128}`;
  return [
    `${path}: CIDR value ${JSON.stringify(range)} is ambiguous in this context (should be "${formatPrefix(prefix)}" or "${single}"?)`,
  ];
}
