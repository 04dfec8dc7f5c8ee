/** The labels under kubernetes.io and k8s.io that a node may set on itself. */

const allowed: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'node.kubernetes.io/windows-build',
]);
const allowedDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const restricted = 'node-restriction.kubernetes.io';

type Labels = Readonly<Record<string, string>> | undefined;

/** Changed labels that a node may not change, sorted. */
export function forbiddenLabels(labels: Labels, old: Labels): string[] {
  const names = new Set([...Object.keys(labels ?? {}), ...Object.keys(old ?? {})]);
  return [...names].filter((name) => labels?.[name] !== old?.[name] && isForbidden(name)).sort();
}

function isForbidden(label: string): boolean {
  const slash = label.indexOf('/');
  const domain = slash < 0 ? '' : label.slice(0, slash);
  if (isWithin(domain, restricted)) return true;
  if (!isWithin(domain, 'kubernetes.io') && !isWithin(domain, 'k8s.io')) return false;
  return !allowed.has(label) && !allowedDomains.some((each) => isWithin(domain, each));
}

function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}
