/**
 * A rule set as nftables objects, and the difference of two as one transaction.
 *
 * Layout, one table `wheelhouse-<id>` per instance:
 *   map service-ips   address . protocol . port → goto svc-… (inside) or ext-… (external addresses)
 *   map node-ports    protocol . port           → goto ext-…
 *   map refused       address . protocol . port → goto reject-all or drop-all: services without endpoints
 *   map host-ports    protocol . port           → goto hp-…;   map host-ip-ports the same with an address
 *   chain svc-HASH    affinity lookups, then numgen vmap over its endpoints
 *   chain ext-HASH    marks for masquerade (or keeps to local endpoints), then goto svc-HASH
 *   chain ep-HASH     hairpin mark, affinity update, dnat
 */
import type { Endpoint, HostPortRule, RuleSet, ServiceRule } from '#proxy/rules.ts';

/** Every object below the table that changes with the services. */
export interface Program {
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Set name → its definition. */
  readonly sets: ReadonlyMap<string, string>;
  /** Map name → key → verdict. */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface TableOptions {
  readonly table: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
}

const mapNames = ['service-ips', 'node-ports', 'refused', 'refused-node-ports', 'host-ports', 'host-ip-ports'];
const masqueradeMark = '0x4000';

export const emptyProgram: Program = {
  chains: new Map(),
  sets: new Map(),
  elements: new Map(mapNames.map((name) => [name, new Map()])),
};

/** The fixed part of the table: commands, one transaction. */
export function tableCommands(options: TableOptions): string[] {
  const t = `ip ${options.table}`;
  const c = (name: string, type: string, hook: string, priority: string): string =>
    `add chain ${t} ${name} { type ${type} hook ${hook} priority ${priority} ; }`;
  const key = 'typeof ip daddr . meta l4proto . th dport : verdict';
  return [
    `add table ${t}`,
    `delete table ${t}`,
    `add table ${t}`,
    `add map ${t} service-ips { ${key} ; }`,
    `add map ${t} refused { ${key} ; }`,
    `add map ${t} host-ip-ports { ${key} ; }`,
    `add map ${t} node-ports { typeof meta l4proto . th dport : verdict ; }`,
    `add map ${t} refused-node-ports { typeof meta l4proto . th dport : verdict ; }`,
    `add map ${t} host-ports { typeof meta l4proto . th dport : verdict ; }`,
    `add chain ${t} mark-masquerade`,
    `add rule ${t} mark-masquerade meta mark set meta mark or ${masqueradeMark}`,
    `add chain ${t} reject-all`,
    `add rule ${t} reject-all meta l4proto tcp reject with tcp reset`,
    `add rule ${t} reject-all reject`,
    `add chain ${t} drop-all`,
    `add rule ${t} drop-all drop`,
    `add chain ${t} services`,
    `add rule ${t} services ip daddr . meta l4proto . th dport vmap @service-ips`,
    `add rule ${t} services ip daddr . meta l4proto . th dport vmap @host-ip-ports`,
    `add rule ${t} services fib daddr type local meta l4proto . th dport vmap @host-ports`,
    `add rule ${t} services ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @node-ports`,
    `add chain ${t} refused-services`,
    `add rule ${t} refused-services ip daddr . meta l4proto . th dport vmap @refused`,
    `add rule ${t} refused-services ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @refused-node-ports`,
    c('nat-prerouting', 'nat', 'prerouting', 'dstnat'),
    `add rule ${t} nat-prerouting jump services`,
    c('nat-output', 'nat', 'output', '-100'),
    `add rule ${t} nat-output jump services`,
    c('nat-postrouting', 'nat', 'postrouting', 'srcnat'),
    `add rule ${t} nat-postrouting meta mark and ${masqueradeMark} != 0 meta mark set meta mark xor ${masqueradeMark} masquerade fully-random`,
    `add rule ${t} nat-postrouting ip saddr 127.0.0.0/8 oifname != "lo" ct status dnat masquerade fully-random`,
    `add rule ${t} nat-postrouting ip saddr ${options.podCIDR} ip daddr != { ${options.podCIDR}, ${options.serviceCIDR}, 224.0.0.0/4 } masquerade fully-random`,
    c('filter-input', 'filter', 'input', '-110'),
    `add rule ${t} filter-input ct state new jump refused-services`,
    // route_localnet is on for host ports: nobody else may reach the loopback addresses through it.
    `add rule ${t} filter-input iifname != "lo" ip daddr 127.0.0.0/8 ct status and dnat == 0 drop`,
    c('filter-forward', 'filter', 'forward', '-110'),
    `add rule ${t} filter-forward ct state new jump refused-services`,
    c('filter-output', 'filter', 'output', '-110'),
    `add rule ${t} filter-output ct state new jump refused-services`,
  ];
}

/** Renders a rule set. */
export function programOf(rules: RuleSet, options: TableOptions): Program {
  const chains = new Map<string, string[]>();
  const sets = new Map<string, string>();
  const elements = new Map<string, Map<string, string>>(mapNames.map((name) => [name, new Map()]));
  const put = (map: string, key: string, verdict: string): void => {
    elements.get(map)?.set(key, verdict);
  };
  for (const rule of rules.services) addService(rule, options, chains, sets, put);
  for (const rule of rules.hostPorts) addHostPort(rule, chains, put);
  return { chains, sets, elements };
}

type Put = (map: string, key: string, verdict: string) => void;

function addService(
  rule: ServiceRule,
  options: TableOptions,
  chains: Map<string, string[]>,
  sets: Map<string, string>,
  put: Put,
): void {
  const protocol = rule.protocol.toLowerCase();
  const hash = shortHash(`${rule.key}/${protocol}`);
  const inside = balance(`svc-${hash}`, rule, rule.internal, chains, sets);
  const needsOutside = rule.nodePort !== undefined || rule.externalIPs.length > 0;
  const outside =
    needsOutside && rule.external.length > 0 ? externalChain(hash, rule, options, chains, sets) : undefined;
  for (const ip of rule.clusterIPs) {
    const key = `${ip} . ${protocol} . ${rule.port}`;
    if (inside === undefined) put('refused', key, rule.internalElsewhere ? 'goto drop-all' : 'goto reject-all');
    else put('service-ips', key, `goto ${clusterChain(hash, inside, options, chains)}`);
  }
  for (const ip of rule.externalIPs) {
    const key = `${ip} . ${protocol} . ${rule.port}`;
    if (outside === undefined) put('refused', key, rule.externalElsewhere ? 'goto drop-all' : 'goto reject-all');
    else put('service-ips', key, `goto ${outside}`);
  }
  if (rule.nodePort === undefined) return;
  const key = `${protocol} . ${rule.nodePort}`;
  if (outside === undefined)
    put('refused-node-ports', key, rule.externalElsewhere ? 'goto drop-all' : 'goto reject-all');
  else put('node-ports', key, `goto ${outside}`);
}

/** Traffic to a cluster address that does not come from a pod must come back through this node. */
function clusterChain(hash: string, target: string, options: TableOptions, chains: Map<string, string[]>): string {
  const name = `cip-${hash}`;
  chains.set(name, [`ip saddr != ${options.podCIDR} jump mark-masquerade`, `goto ${target}`]);
  return name;
}

function externalChain(
  hash: string,
  rule: ServiceRule,
  options: TableOptions,
  chains: Map<string, string[]>,
  sets: Map<string, string>,
): string {
  const name = `ext-${hash}`;
  if (!rule.externalPolicyLocal) {
    chains.set(name, ['jump mark-masquerade', `goto ${balance(`svx-${hash}`, rule, rule.external, chains, sets)}`]);
    return name;
  }
  const local = balance(`svl-${hash}`, rule, rule.external, chains, sets);
  const fromInside = balance(`svc-${hash}`, rule, rule.internal, chains, sets);
  chains.set(name, [
    `ip saddr ${options.podCIDR} goto ${fromInside ?? local}`,
    'fib saddr type local jump mark-masquerade',
    `fib saddr type local goto ${fromInside ?? local}`,
    `goto ${local}`,
  ]);
  return name;
}

/** The chain that spreads over endpoints; undefined when there are none. */
function balance(
  name: string,
  rule: ServiceRule,
  endpoints: readonly Endpoint[],
  chains: Map<string, string[]>,
  sets: Map<string, string>,
): string | undefined {
  if (endpoints.length === 0) return undefined;
  if (chains.has(name)) return name;
  const targets = endpoints.map((endpoint) => endpointChain(rule, endpoint, chains, sets));
  const lines =
    rule.affinitySeconds === undefined
      ? []
      : targets.map((target) => `ip saddr @${affinitySet(target)} goto ${target}`);
  const choices = targets.map((target, index) => `${index} : goto ${target}`).join(', ');
  lines.push(`numgen random mod ${targets.length} vmap { ${choices} }`);
  chains.set(name, lines);
  return name;
}

function endpointChain(
  rule: ServiceRule,
  endpoint: Endpoint,
  chains: Map<string, string[]>,
  sets: Map<string, string>,
): string {
  const protocol = rule.protocol.toLowerCase();
  const name = `ep-${shortHash(`${rule.key}/${protocol}/${endpoint.ip}:${endpoint.port}`)}`;
  const lines = [`ip saddr ${endpoint.ip} jump mark-masquerade`];
  if (rule.affinitySeconds !== undefined) {
    sets.set(affinitySet(name), `{ type ipv4_addr ; flags dynamic,timeout ; timeout ${rule.affinitySeconds}s ; }`);
    lines.push(`update @${affinitySet(name)} { ip saddr }`);
  }
  lines.push(`meta l4proto ${protocol} dnat to ${endpoint.ip}:${endpoint.port}`);
  chains.set(name, lines);
  return name;
}

function affinitySet(endpointChainName: string): string {
  return endpointChainName.replace('ep-', 'aff-');
}

function addHostPort(rule: HostPortRule, chains: Map<string, string[]>, put: Put): void {
  const protocol = rule.protocol.toLowerCase();
  const name = `hp-${shortHash(`${rule.hostIP}/${protocol}/${rule.hostPort}`)}`;
  chains.set(name, [
    `ip saddr ${rule.podIP} jump mark-masquerade`,
    `meta l4proto ${protocol} dnat to ${rule.podIP}:${rule.containerPort}`,
  ]);
  const everywhere = rule.hostIP === '' || rule.hostIP === '0.0.0.0';
  if (everywhere) put('host-ports', `${protocol} . ${rule.hostPort}`, `goto ${name}`);
  else put('host-ip-ports', `${rule.hostIP} . ${protocol} . ${rule.hostPort}`, `goto ${name}`);
}

/** FNV-1a, 64 bits as two halves, in base 36: chain names have a limit and services' names do not fit. */
function shortHash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193) >>> 0;
    b = Math.imul(b ^ (code + i), 0x85ebca6b) >>> 0;
  }
  return a.toString(36) + b.toString(36);
}

/** The commands that turn one program into another, to be run as one transaction; empty if they are equal. */
export function difference(before: Program, after: Program, table: string): string[] {
  const t = `ip ${table}`;
  const addChains: string[] = [];
  const fill: string[] = [];
  const dropElements: string[] = [];
  const addElements: string[] = [];
  const dropChains: string[] = [];
  for (const [name, definition] of after.sets) {
    if (before.sets.get(name) === definition) continue;
    addChains.push(`add set ${t} ${name} ${definition}`);
  }
  for (const [name, rules] of after.chains) {
    const old = before.chains.get(name);
    if (old !== undefined && sameRules(old, rules)) continue;
    addChains.push(`add chain ${t} ${name}`);
    if (old !== undefined) fill.push(`flush chain ${t} ${name}`);
    for (const rule of rules) fill.push(`add rule ${t} ${name} ${rule}`);
  }
  for (const [map, entries] of after.elements) {
    const old = before.elements.get(map) ?? new Map<string, string>();
    for (const [key, verdict] of old)
      if (entries.get(key) !== verdict) dropElements.push(`delete element ${t} ${map} { ${key} }`);
    for (const [key, verdict] of entries)
      if (old.get(key) !== verdict) addElements.push(`add element ${t} ${map} { ${key} : ${verdict} }`);
  }
  const gone = [...before.chains.keys()].filter((name) => !after.chains.has(name));
  for (const name of gone) dropChains.push(`flush chain ${t} ${name}`);
  for (const name of gone) dropChains.push(`delete chain ${t} ${name}`);
  for (const name of before.sets.keys()) if (!after.sets.has(name)) dropChains.push(`delete set ${t} ${name}`);
  return [...addChains, ...fill, ...dropElements, ...addElements, ...dropChains];
}

function sameRules(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((rule, index) => rule === b[index]);
}
