/** Events about objects, as `kubectl describe` shows them. */
import type { HasMetadata } from '#api/object.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export interface EventRecorder {
  /** Never throws and is never awaited; equal events are counted up as upstream's correlator does. */
  event(
    object: DeepReadonly<HasMetadata>,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    details?: EventDetails,
  ): void;
}
export interface EventDetails {
  /** The part of the object: `spec.containers{web}`. */
  readonly fieldPath?: string;
}
