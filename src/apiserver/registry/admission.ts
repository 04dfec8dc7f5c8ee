/** Runs the admission plugins, in their order: all that change the object first, then all that judge it. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { KubeObject, ObjectKey } from '#api/object.ts';
import type { AdmissionAttributes, AdmissionOperation, HookCall } from '#api/resource.ts';
import type { Core } from '#apiserver/registry/core.ts';
import type { Endpoint } from '#apiserver/registry/endpoint.ts';

export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly endpoint: Endpoint;
  readonly subresource: string;
  readonly key: ObjectKey;
  readonly object?: KubeObject;
  readonly old?: DeepReadonly<KubeObject>;
}

function attributesOf(request: AdmissionRequest): AdmissionAttributes {
  const { operation, endpoint, subresource, key, object, old } = request;
  return {
    operation,
    resource: endpoint.resource,
    subresource,
    key,
    ...(object === undefined ? {} : { object }),
    ...(old === undefined ? {} : { old }),
  };
}

/** Undefined if no plugin had to wait: the usual case goes without a turn of the event loop. */
export function mutate(core: Core, request: AdmissionRequest, call: HookCall): Promise<void> | undefined {
  return runPlugins(core, request, call, 'mutate');
}

export function validate(core: Core, request: AdmissionRequest, call: HookCall): Promise<void> | undefined {
  return runPlugins(core, request, call, 'validate');
}

function runPlugins(
  core: Core,
  request: AdmissionRequest,
  call: HookCall,
  phase: 'mutate' | 'validate',
): Promise<void> | undefined {
  const attributes = attributesOf(request);
  for (let i = 0; i < core.admission.length; i++) {
    const pending = runPlugin(core, attributes, call, { phase, i });
    if (pending instanceof Promise) return pending.then(() => runRest(core, attributes, call, { phase, i: i + 1 }));
  }
  return undefined;
}

interface Position {
  readonly phase: 'mutate' | 'validate';
  readonly i: number;
}

async function runRest(core: Core, attributes: AdmissionAttributes, call: HookCall, from: Position): Promise<void> {
  for (let i = from.i; i < core.admission.length; i++)
    await runPlugin(core, attributes, call, { phase: from.phase, i });
}

function runPlugin(
  core: Core,
  attributes: AdmissionAttributes,
  call: HookCall,
  at: Position,
): Promise<void> | void | undefined {
  const plugin = core.admission[at.i];
  const run = plugin?.[at.phase];
  if (plugin === undefined || run === undefined || !plugin.handles(attributes.operation, attributes)) return undefined;
  return run.call(plugin, attributes, call);
}
