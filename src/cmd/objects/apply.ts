/** `wheelhouse apply`: creates what is missing and changes what differs, as `kubectl apply` does on the client's side. */
import type { HasMetadata } from '#api/object.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { definitionOfKind } from '#api/schema/kinds.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '#client/client.ts';
import { Failure } from '#cmd/failure.ts';
import { type ApiResource, apiResources, kindName, resourceOfKind } from '#cmd/objects/api-resources.ts';
import {
  type Connection,
  type ConnectionFlags,
  Refusal,
  refusalText,
  withConnection,
} from '#cmd/objects/connection.ts';
import { hintOfRefusal } from '#cmd/objects/hints.ts';
import { type Manifest, readManifests } from '#cmd/objects/manifests.ts';
import { goJson, listOf, objectPrinter } from '#cmd/objects/output.ts';
import { threeWayPatch } from '#api/patch/three-way.ts';

export interface ApplyFlags extends ConnectionFlags {
  readonly filename?: readonly string[];
  readonly recursive: boolean;
  readonly output?: string;
  readonly dryRun?: 'none' | 'client' | 'server';
  readonly serverSide: boolean;
  readonly forceConflicts: boolean;
  readonly fieldManager?: string;
  readonly validate?: string;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const dryRunNote = { none: '', client: ' (dry run)', server: ' (server dry run)' } as const;

export function apply(flags: ApplyFlags): Promise<void> {
  if (flags.filename === undefined || flags.filename.length === 0) throw new Failure('must specify one of -f');
  const manifests = readManifests(flags.filename, flags.recursive);
  const printer = objectPrinter(flags.output, { showsManagedFields: false, showsHeaders: true });
  return withConnection(flags, async (connection) => {
    const resources = await apiResources(connection.client);
    const refusals: string[] = [];
    const applied: HasMetadata[] = [];
    let hint: string | undefined;
    for (const manifest of manifests) {
      try {
        const resource = resourceOfKind(resources, manifest.object, manifest.source);
        const { object, verb } = await applyOne(connection, { flags, resource, manifest });
        const line = `${kindName(resource)}/${object.metadata.name} ${verb}${dryRunNote[flags.dryRun ?? 'none']}\n`;
        if (printer === undefined) process.stdout.write(line);
        applied.push(object);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        hint ??= error.hint?.replace('FILE', manifest.source);
        refusals.push(error instanceof Refusal ? error.message : `error: ${error.message}`);
      }
    }
    if (printer !== undefined && applied.length > 0) process.stdout.write(printer(listOf(applied)));
    if (refusals.length > 0) throw new Refusal(refusals.join('\n'), 1, hint);
  });
}

interface Work {
  readonly flags: ApplyFlags;
  readonly resource: ApiResource;
  readonly manifest: Manifest;
}

type Applied = {
  readonly object: HasMetadata;
  readonly verb: 'created' | 'configured' | 'unchanged' | 'serverside-applied';
};

async function applyOne(connection: Connection, { flags, resource, manifest }: Work): Promise<Applied> {
  const object = placed(manifest.object, resource, connection);
  const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
  if (key.name === '') throw new Failure(`resource name may not be empty (${manifest.source})`);
  const doing = <T>(what: string, work: Promise<T>): Promise<T> => explained(work, what, manifest.source);
  const options = writeOptions(flags);
  const { client } = connection;
  if (flags.serverSide) {
    const patched = client.patch(resource, key, object, { ...options, type: 'apply', force: flags.forceConflicts });
    return { object: await doing('applying', patched), verb: 'serverside-applied' };
  }
  const modified = annotated(object);
  const current = await doing('retrieving', client.find(resource, key));
  if (current === undefined) {
    if (flags.dryRun === 'client') return { object: modified, verb: 'created' };
    return { object: await doing('creating', client.create(resource, modified, options)), verb: 'created' };
  }
  // Without asking the server nobody knows what it would change.
  if (flags.dryRun === 'client') return { object: modified, verb: 'configured' };
  const patched = await doing('applying patch to', patchOf(client, { flags, resource, current, modified }));
  return { object: patched ?? current, verb: patched === undefined ? 'unchanged' : 'configured' };
}

/** In its namespace: its own, or the connection's. */
function placed(object: HasMetadata, resource: ApiResource, connection: Connection): HasMetadata {
  if (!resource.namespaced) return object;
  const { namespace } = object.metadata;
  const { enforcedNamespace } = connection;
  if (namespace !== undefined && enforcedNamespace !== undefined && namespace !== enforcedNamespace)
    throw new Failure(
      `the namespace from the provided object "${namespace}" does not match the namespace "${enforcedNamespace}". You must pass '--namespace=${namespace}' to perform this operation.`,
    );
  return { ...object, metadata: { ...object.metadata, namespace: namespace ?? connection.namespace } };
}

function writeOptions(flags: ApplyFlags): {
  fieldManager: string;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  dryRun: boolean;
} {
  const validation = { strict: 'Strict', true: 'Strict', warn: 'Warn', ignore: 'Ignore', false: 'Ignore' } as const;
  return {
    fieldManager: flags.fieldManager ?? (flags.serverSide ? 'kubectl' : 'kubectl-client-side-apply'),
    fieldValidation: validation[(flags.validate ?? 'strict') as keyof typeof validation] ?? 'Strict',
    dryRun: flags.dryRun === 'server',
  };
}

/** With what is applied now written into it, as kubectl writes it. */
function annotated(object: HasMetadata): HasMetadata {
  const { [lastApplied]: _old, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  return {
    ...bare,
    metadata: { ...bare.metadata, annotations: { ...annotations, [lastApplied]: `${goJson(bare, 0)}\n` } },
  };
}

interface Change {
  readonly flags: ApplyFlags;
  readonly resource: ApiResource;
  readonly current: HasMetadata;
  readonly modified: HasMetadata;
}

/** Undefined: there is nothing to change. */
async function patchOf(
  client: Client,
  { flags, resource, current, modified }: Change,
): Promise<HasMetadata | undefined> {
  const text = current.metadata.annotations?.[lastApplied];
  if (text === undefined)
    process.stderr.write(
      `Warning: resource ${resource.plural}/${current.metadata.name} is missing the ${lastApplied} annotation which is required by wheelhouse apply. The missing annotation will be patched automatically.\n`,
    );
  const original = text === undefined ? {} : (JSON.parse(text) as Record<string, unknown>);
  const definition = definitionOfKind(resource);
  const versions = { original: withoutOld(original), modified: modified as never, current: current as never };
  const patch = threeWayPatch(versions, definition === undefined ? undefined : builtinSchemas.type(definition));
  if (Object.keys(patch).length === 0) return undefined;
  const key = { namespace: current.metadata.namespace ?? '', name: current.metadata.name ?? '' };
  return client.patch(resource, key, patch, {
    ...writeOptions(flags),
    type: definition === undefined ? 'merge' : 'strategic',
  });
}

/** The annotation itself was never part of what was applied. */
function withoutOld(original: Record<string, unknown>): Record<string, unknown> {
  const { creationTimestamp: _time, ...metadata } = (original['metadata'] ?? {}) as Record<string, unknown>;
  return { ...original, metadata };
}

async function explained<T>(work: Promise<T>, what: string, source: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new Refusal(refusalText(error, `${what} "${source}"`), 1, hintOfRefusal(error));
  }
}
