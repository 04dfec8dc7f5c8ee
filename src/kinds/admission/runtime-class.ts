/** RuntimeClass: a pod gets the overhead and the placement of its class. @see https://kubernetes.io/docs/concepts/containers/runtime-class/ */
import type { PodSpec } from '#api/generated/core/v1.ts';
import type { RuntimeClass } from '#api/generated/node/v1.ts';
import { runtimeclasses } from '#api/generated/resources.ts';
import type { AdmissionAttributes, AdmissionPlugin, HookCall } from '#api/resource.ts';
import { cloneJson, type DeepReadonly } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { fieldOrEmptied } from '#api/schema/normalize.ts';
import { StatusError } from '#api/status.ts';
import { lookupProblem } from '#kinds/admission/lookup.ts';
import { isResource, reject } from '#kinds/admission/forbid.ts';

export const runtimeClassAdmission: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: (operation, attributes) =>
    operation === 'CREATE' && attributes.subresource === '' && isResource(attributes, '', 'pods'),
  mutate(attributes, call) {
    const found = classOf(attributes, call);
    if (found === undefined) return;
    const spec = specOf(attributes);
    setOverhead(spec, found, attributes);
    setPlacement(spec, found, attributes);
  },
  validate(attributes, call) {
    const overhead = classOf(attributes, call)?.overhead;
    const present = specOf(attributes).overhead;
    if (overhead !== undefined && !semanticEqual(overhead.podFixed, present))
      throw reject(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    if (overhead === undefined && fieldOrEmptied(specOf(attributes), 'overhead') !== null) {
      const text = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead';
      throw reject(attributes, text);
    }
  },
};

function specOf({ object }: AdmissionAttributes): PodSpec {
  return (object as unknown as { spec?: PodSpec }).spec ?? { containers: [] };
}

function classOf(attributes: AdmissionAttributes, { reader }: HookCall): DeepReadonly<RuntimeClass> | undefined {
  const name = specOf(attributes).runtimeClassName;
  if (name === undefined) return undefined;
  const found = reader.get(runtimeclasses, { namespace: '', name });
  if (found !== undefined) return found;
  const problem = lookupProblem(name);
  if (problem !== undefined) throw new StatusError(500, '', problem);
  throw reject(attributes, `pod rejected: RuntimeClass "${name}" not found`);
}

function setOverhead(spec: PodSpec, { overhead }: DeepReadonly<RuntimeClass>, attributes: AdmissionAttributes): void {
  if (overhead === undefined) return;
  if (Object.keys(spec.overhead ?? {}).length > 0 && !semanticEqual(overhead.podFixed, spec.overhead))
    throw reject(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  if (overhead.podFixed !== undefined) spec.overhead = { ...overhead.podFixed };
}

function setPlacement(
  spec: PodSpec,
  { scheduling }: DeepReadonly<RuntimeClass>,
  attributes: AdmissionAttributes,
): void {
  if (scheduling === undefined) return;
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const wanted = (spec.nodeSelector ??= {});
    if (wanted[key] !== undefined && wanted[key] !== value) {
      const text = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${wanted[key]}`;
      throw reject(attributes, text);
    }
    wanted[key] = value;
  }
  const present = spec.tolerations ?? [];
  const added = (scheduling.tolerations ?? []).filter((each) => !present.some((other) => semanticEqual(each, other)));
  if (added.length > 0) spec.tolerations = [...present, ...added.map((each) => cloneJson(each))] as typeof present;
}
