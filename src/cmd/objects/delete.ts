/** `wheelhouse delete`: by file, by name, by selector; waits until the objects are gone. */
import type { HasMetadata } from '#api/object.ts';
import { isNotFound } from '#api/status.ts';
import type { Client, DeleteCallOptions } from '#client/client.ts';
import { Failure } from '#cmd/failure.ts';
import { type ApiResource, apiResources, kindName, resourceOfKind } from '#cmd/objects/api-resources.ts';
import {
  type Connection,
  type ConnectionFlags,
  Refusal,
  refusalText,
  withConnection,
} from '#cmd/objects/connection.ts';
import { readManifests } from '#cmd/objects/manifests.ts';
import { targetsOf } from '#cmd/objects/targets.ts';
import { StatusError } from '#api/status.ts';

export interface DeleteFlags extends ConnectionFlags {
  readonly filename?: readonly string[];
  readonly recursive: boolean;
  readonly all: boolean;
  readonly allNamespaces: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly gracePeriod?: number;
  readonly now: boolean;
  readonly force: boolean;
  readonly wait: boolean;
  readonly timeout?: number;
  readonly cascade?: 'background' | 'foreground' | 'orphan';
  readonly ignoreNotFound: boolean;
  readonly dryRun?: 'none' | 'client' | 'server';
  readonly output?: string;
}

interface Victim {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string;
}

const forceWarning =
  'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n';

export function deleteObjects(flags: DeleteFlags, words: readonly string[]): Promise<void> {
  check(flags);
  const { options, isForced } = deleteOptions(flags);
  if (isForced) process.stderr.write(forceWarning);
  return withConnection(flags, async (connection) => {
    const victims = await victimsOf(connection, flags, words);
    const refusals: string[] = [];
    const deleted: Victim[] = [];
    for (const victim of victims) {
      try {
        if (flags.dryRun !== 'client') await connection.client.delete(victim.resource, victim, options);
        deleted.push(victim);
        process.stdout.write(lineOf(victim, flags, options.gracePeriodSeconds === 0));
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        const isGone = isNotFound(error) && (flags.ignoreNotFound || isSelection(flags));
        if (!isGone) refusals.push(refusalText(error, flags.filename === undefined ? undefined : 'deleting'));
      }
    }
    if (victims.length === 0) process.stdout.write('No resources found\n');
    if (flags.wait && (flags.dryRun ?? 'none') === 'none')
      await waitUntilGone(connection.client, deleted, flags.timeout);
    if (refusals.length > 0) throw new Refusal(refusals.join('\n'));
  });
}

const isSelection = (flags: DeleteFlags): boolean =>
  flags.all || flags.selector !== undefined || flags.fieldSelector !== undefined;

function check(flags: DeleteFlags): void {
  if (flags.all && flags.selector !== undefined) throw new Failure('cannot set --all and --selector at the same time');
  if (flags.all && flags.fieldSelector !== undefined)
    throw new Failure('cannot set --all and --field-selector at the same time');
  if (flags.force && (flags.gracePeriod ?? 0) > 0)
    throw new Failure('--force and --grace-period greater than 0 cannot be specified together');
  if (flags.output !== undefined && flags.output !== 'name')
    throw new Failure(`unexpected -o output mode: ${flags.output}. We only support '-o name'`);
}

function deleteOptions(flags: DeleteFlags): { options: DeleteCallOptions; isForced: boolean } {
  const policies = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' } as const;
  // Without --force a period of 0 becomes 1: the end is waited for.
  const given = flags.now ? 1 : flags.gracePeriod;
  const gracePeriodSeconds = flags.force ? 0 : given === 0 ? 1 : given;
  return {
    options: {
      propagationPolicy: policies[flags.cascade ?? 'background'],
      dryRun: flags.dryRun === 'server',
      ...(gracePeriodSeconds === undefined || gracePeriodSeconds < 0 ? {} : { gracePeriodSeconds }),
    },
    isForced: flags.force,
  };
}

async function victimsOf(connection: Connection, flags: DeleteFlags, words: readonly string[]): Promise<Victim[]> {
  const resources = await apiResources(connection.client);
  if (flags.filename !== undefined && flags.filename.length > 0) {
    return readManifests(flags.filename, flags.recursive).map(({ object, source }) => {
      const resource = resourceOfKind(resources, object, source);
      const namespace = resource.namespaced ? (object.metadata.namespace ?? connection.namespace) : '';
      return { resource, namespace, name: object.metadata.name ?? '' };
    });
  }
  if (words.length === 0) throw new Failure('You must provide one or more resources by argument or filename.');
  const victims: Victim[] = [];
  for (const { resource, names } of targetsOf(resources, words)) {
    const namespace = resource.namespaced ? connection.namespace : '';
    if (names !== undefined) victims.push(...names.map((name) => ({ resource, namespace, name })));
    else if (isSelection(flags)) victims.push(...(await selected(connection, flags, resource)));
    else throw new Failure('resource(s) were provided, but no name was specified');
  }
  return victims;
}

async function selected(connection: Connection, flags: DeleteFlags, resource: ApiResource): Promise<Victim[]> {
  const { items } = await connection.client.list<HasMetadata>(resource, {
    ...(flags.allNamespaces || !resource.namespaced ? {} : { namespace: connection.namespace }),
    ...(flags.selector === undefined ? {} : { labelSelector: flags.selector }),
    ...(flags.fieldSelector === undefined ? {} : { fieldSelector: flags.fieldSelector }),
  });
  return items.map(({ metadata }) => ({ resource, namespace: metadata.namespace ?? '', name: metadata.name ?? '' }));
}

function lineOf({ resource, namespace, name }: Victim, flags: DeleteFlags, isForced: boolean): string {
  if (flags.output === 'name') return `${kindName(resource)}/${name}\n`;
  const note = { none: '', client: ' (dry run)', server: ' (server dry run)' }[flags.dryRun ?? 'none'];
  const place = resource.namespaced ? ` from ${namespace} namespace` : '';
  return `${kindName(resource)} "${name}" ${isForced ? 'force deleted' : 'deleted'}${place}${note}\n`;
}

/** An object that was made again under the same name counts as gone. */
async function waitUntilGone(client: Client, victims: readonly Victim[], timeoutSeconds = 0): Promise<void> {
  const stop = new AbortController();
  const timer = timeoutSeconds > 0 ? setTimeout(() => stop.abort(), timeoutSeconds * 1000) : undefined;
  try {
    for (const victim of victims) await untilGone(client, victim, stop.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function untilGone(client: Client, victim: Victim, signal: AbortSignal): Promise<void> {
  const { resource, namespace, name } = victim;
  const found = await client.find<HasMetadata>(resource, victim);
  if (found?.metadata.deletionTimestamp === undefined) return;
  const options = {
    ...(resource.namespaced ? { namespace } : {}),
    fieldSelector: `metadata.name=${name}`,
    ...(found.metadata.resourceVersion === undefined ? {} : { resourceVersion: found.metadata.resourceVersion }),
    signal,
  };
  for await (const { type, object } of client.watch<HasMetadata>(resource, options))
    if (type === 'DELETED' || object.metadata.uid !== found.metadata.uid) return;
  if (signal.aborted) throw new Failure(`timed out waiting for the condition on ${resource.plural}/${name}`);
  return untilGone(client, victim, signal);
}
