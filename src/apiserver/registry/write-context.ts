/** What a write knows besides the object: where it goes, on whose behalf, and with which options. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { KubeObject, ObjectKey } from '#api/object.ts';
import type { Version } from '#storage/version.ts';
import type { Call } from '#apiserver/registry/core.ts';
import type { Endpoint } from '#apiserver/registry/endpoint.ts';
import type { FieldValidation } from '#apiserver/registry/query.ts';

export interface WriteContext {
  readonly endpoint: Endpoint;
  readonly call: Call;
  /** Of the URL; the name is '' while creating. */
  readonly key: ObjectKey;
  readonly subresource: string;
  /** Field manager. */
  readonly manager: string;
  readonly fieldValidation: FieldValidation;
}

/** The outcome of a write. */
export interface Written {
  /** In the shape of the endpoint. Shared; must not be changed. */
  readonly object: DeepReadonly<KubeObject>;
  /** Undefined after a dry run. */
  readonly version: Version | undefined;
  readonly isNew: boolean;
}
