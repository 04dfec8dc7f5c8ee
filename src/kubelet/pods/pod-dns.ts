/** A pod's host name, hosts file and resolver settings; pure. */
import type { SandboxConfig } from '#kubelet/runtime.ts';
import type { ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';

export interface DnsContext {
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  /** The node's own resolv.conf. */
  readonly resolvConf: string;
}
type Dns = NonNullable<SandboxConfig['dns']>;

const longestHostname = 63;

export function podHostname(pod: ReadonlyPod): string {
  if (pod.spec?.hostnameOverride !== undefined) return pod.spec.hostnameOverride;
  const name =
    pod.spec?.hostname !== undefined && pod.spec.hostname !== '' ? pod.spec.hostname : (pod.metadata.name ?? '');
  return name.slice(0, longestHostname).replace(/[-.]+$/, '');
}

/** `web.sub.default.svc.cluster.local`; undefined without a subdomain. */
export function podDomain(pod: ReadonlyPod, clusterDomain: string): string | undefined {
  const subdomain = pod.spec?.subdomain;
  return subdomain === undefined || subdomain === ''
    ? undefined
    : `${podHostname(pod)}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
}

/** What `hostname` answers inside: the full name where setHostnameAsFQDN says so. Throws when that is too long. */
export function sandboxHostname(pod: ReadonlyPod, clusterDomain: string): string {
  const domain = podDomain(pod, clusterDomain);
  if (pod.spec?.setHostnameAsFQDN !== true || domain === undefined) return podHostname(pod);
  if (domain.length > 64)
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${domain} is too long (64 characters is the max, ${domain.length} characters requested)`,
    );
  return domain;
}

export function hostsFile(
  pod: ReadonlyPod,
  ips: readonly string[],
  options: { readonly clusterDomain: string; readonly nodeHosts?: string },
): string {
  const lines =
    options.nodeHosts === undefined
      ? managedHosts(pod, ips, options.clusterDomain)
      : ['# Kubernetes-managed hosts file (host network).', options.nodeHosts.trimEnd()];
  const aliases = pod.spec?.hostAliases ?? [];
  if (aliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.');
    for (const alias of aliases) lines.push(`${alias.ip}\t${(alias.hostnames ?? []).join('\t')}`);
  }
  return `${lines.join('\n')}\n`;
}

function managedHosts(pod: ReadonlyPod, ips: readonly string[], clusterDomain: string): string[] {
  const domain = podDomain(pod, clusterDomain);
  const names = domain === undefined ? podHostname(pod) : `${domain}\t${podHostname(pod)}`;
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...ips.map((ip) => `${ip}\t${names}`),
  ];
}

/** By dnsPolicy, then dnsConfig added. */
export function podDns(pod: ReadonlyPod, context: DnsContext): Dns {
  const base = policyDns(pod, context);
  const extra = pod.spec?.dnsConfig;
  if (extra === undefined) return base;
  const options = new Map(base.options.map((option) => [option.split(':')[0] ?? '', option]));
  for (const { name = '', value } of extra.options ?? [])
    options.set(name, value === undefined || value === '' ? name : `${name}:${value}`);
  return {
    servers: [...new Set([...base.servers, ...(extra.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(extra.searches ?? [])])],
    options: [...options.values()],
  };
}

function policyDns(pod: ReadonlyPod, context: DnsContext): Dns {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst';
  const node = parseResolvConf(context.resolvConf);
  if (policy === 'None') return { servers: [], searches: [], options: [] };
  const isCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && pod.spec?.hostNetwork !== true);
  if (!isCluster || context.clusterDNS.length === 0) return node;
  const namespace = pod.metadata.namespace ?? '';
  const { clusterDomain } = context;
  const own = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return { servers: context.clusterDNS, searches: [...new Set([...own, ...node.searches])], options: ['ndots:5'] };
}

export function parseResolvConf(text: string): Dns {
  const dns = { servers: [] as string[], searches: [] as string[], options: [] as string[] };
  for (const line of text.split('\n')) {
    const [keyword, ...fields] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && fields[0] !== undefined) dns.servers.push(fields[0]);
    if (keyword === 'search') dns.searches = fields.map((field) => (field === '.' ? field : field.replace(/\.$/, '')));
    if (keyword === 'options') dns.options = fields;
  }
  return dns;
}
