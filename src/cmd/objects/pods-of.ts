/** Which pod a user means: a name, `pod/NAME`, or a workload whose pods are looked up by its selector. */
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import { Failure } from '#cmd/failure.ts';
import { apiResources, resourceNamed } from '#cmd/objects/api-resources.ts';
import type { Connection } from '#cmd/objects/connection.ts';

interface Selecting extends HasMetadata {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } | Readonly<Record<string, string>>;
  };
}

const defaultContainer = 'kubectl.kubernetes.io/default-container';

/** The pod itself, or the first ready one of a workload; says which if there are several. */
export async function podNamed(connection: Connection, word: string): Promise<Pod> {
  const { client, namespace } = connection;
  const [type = '', name] = word.includes('/') ? word.split('/') : ['pods', word];
  if (name === undefined || name === '')
    throw new Failure('arguments in resource/name form must have a single resource and name');
  if (['pods', 'pod', 'po'].includes(type)) return client.get(pods, { namespace, name });
  const resource = resourceNamed(await apiResources(client), type);
  const { spec } = (await client.get(resource, { namespace, name })) as Selecting;
  const selector = (spec?.selector ?? {}) as { matchLabels?: Record<string, string> };
  const labels = selector.matchLabels ?? (selector as Record<string, string>);
  const labelSelector = Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
  if (labelSelector === '') throw new Failure(`cannot attach to ${resource.kind}: it selects no pods`);
  const { items } = await client.list(pods, { namespace, labelSelector });
  const [first] = items.sort((a, b) => rank(a) - rank(b));
  if (first === undefined)
    throw new Failure(`no pods found for ${word}: wheelhouse get events -n ${namespace} may tell why`);
  if (items.length > 1) process.stderr.write(`Found ${items.length} pods, using pod/${first.metadata.name}\n`);
  return first;
}

/** Ready pods first, then running ones. */
function rank(pod: Pod): number {
  if (pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true) return 0;
  return pod.status?.phase === 'Running' ? 1 : 2;
}

/** The container that is meant when none is named; says so if there are several. */
export function containerOf(pod: Pod, named: string | undefined): string {
  const names = (pod.spec?.containers ?? []).map(({ name }) => name);
  const init = (pod.spec?.initContainers ?? []).map(({ name }) => name);
  if (named !== undefined) {
    if ([...names, ...init].includes(named)) return named;
    throw new Failure(`container ${named} is not valid for pod ${pod.metadata.name}`);
  }
  const annotated = pod.metadata.annotations?.[defaultContainer];
  if (annotated !== undefined && names.includes(annotated)) return annotated;
  const [first = ''] = names;
  const all = [...names, ...init.map((name) => `${name} (init)`)];
  if (all.length > 1) process.stderr.write(`Defaulted container "${first}" out of: ${all.join(', ')}\n`);
  return first;
}
