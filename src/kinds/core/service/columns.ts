/** The columns of Services. */
import type { Service } from '#api/generated/core/v1.ts';
import type { Column } from '#api/resource.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { type AnyService, specOf } from '#kinds/core/service/spec.ts';

const balancerWidth = 16;

export const serviceColumns: readonly Column<Service>[] = [
  { name: 'Type', type: 'string', value: (service) => specOf(service).type ?? '' },
  { name: 'Cluster-IP', type: 'string', value: (service) => specOf(service).clusterIPs?.[0] ?? '<none>' },
  { name: 'External-IP', type: 'string', value: externalIp },
  { name: 'Port(s)', type: 'string', value: ports },
  ageColumn,
  { name: 'Selector', type: 'string', priority: 1, value: selector },
];

function ports(service: AnyService): string {
  const list = (specOf(service).ports ?? []).map(({ port, nodePort = 0, protocol }) =>
    nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return list.length === 0 ? '<none>' : list.join(',');
}

function selector(service: AnyService): string {
  const list = Object.entries(specOf(service).selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return list.length === 0 ? '<none>' : list.sort().join(',');
}

function externalIp(service: AnyService): string {
  const { type, externalIPs = [], externalName = '' } = specOf(service);
  switch (type) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIPs.length > 0 ? externalIPs.join(',') : '<none>';
    case 'LoadBalancer': {
      const list = [balancerAddresses(service), ...externalIPs].filter((each) => each !== '');
      return list.length > 0 ? list.join(',') : '<pending>';
    }
    case 'ExternalName':
      return externalName;
    default:
      return '<unknown>';
  }
}

function balancerAddresses({ status }: AnyService): string {
  const names = (status?.loadBalancer?.ingress ?? []).map(({ ip = '', hostname = '' }) => (ip === '' ? hostname : ip));
  const text = [...new Set(names.filter((name) => name !== ''))].sort().join(',');
  return text.length > balancerWidth ? `${text.slice(0, balancerWidth - 3)}...` : text;
}
