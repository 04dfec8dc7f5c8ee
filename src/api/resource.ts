/**
 * A built-in kind is a CRD whose blanks are filled with functions: this is the blank form. `kinds/<group>/<kind>/resource.ts`
 * exports one {@link Resource} value; everything generic (uids, timestamps, generations, status and spec split, finalizers,
 * dry run, patch, managed fields, conflicts) is done once by apiserver/registry.
 *
 * Order of a create: decode and type check by schema → schema defaults → `defaults` → mutating admission → name, uid,
 * creationTimestamp → `beforeCreate` → `prepareForCreate` → metadata validation + `validate` → validating admission →
 * store → `afterCreate`. An update: decode → defaults → mutating admission → `beforeUpdate` → `prepareForUpdate` →
 * `validate` of the new object + `validateUpdate` → generation → validating admission → store.
 * A no-op update writes nothing.
 */
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import type { FieldError } from '#api/status.ts';
import type { HasMetadata, KubeObject, ObjectKey } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { UserInfo } from '#api/handler.ts';
import type { NodeDialer, PodReference } from '#api/node-connection.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export type Verb = 'create' | 'get' | 'list' | 'watch' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface Resource<T extends HasMetadata = HasMetadata> extends ResourceRef<T> {
  readonly singular: string;
  /** `<kind>List` unless said otherwise. */
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Definition name in spec/kubernetes: `io.k8s.api.core.v1.Pod`. */
  readonly schema: string;
  /** All eight unless said otherwise. */
  readonly verbs?: readonly Verb[];
  /** Another resource's stored objects in another shape (events.k8s.io over core events, autoscaling/v1 over v2). */
  readonly storedAs?: StoredAs<T>;
  /** A resource that stores nothing: reviews, bindings. */
  readonly virtual?: (object: T, call: HookCall) => Promise<HasMetadata>;
  /** A resource whose objects are worked out for every get and list, its only verbs: component statuses. */
  readonly computed?: (call: HookCall) => readonly T[];

  /** Field defaults that the schema cannot say. Changes the object. Also run on objects read in another version. */
  defaults?(object: T): void;
  /** Clears what a client may not set (status is cleared by the registry if there is a status subresource). */
  prepareForCreate?(object: T, call: HookCall): void;
  /** Carries over what a client may not change. `old` is what is stored. */
  prepareForUpdate?(object: T, old: DeepReadonly<T>, call: HookCall): void;
  /** Rules of the whole object besides metadata. Never throws. */
  validate?(object: DeepReadonly<T>, call: ValidationCall): FieldError[];
  /** Rules of a new object only, after `validate`: what an update of an older object need not meet. */
  validateCreate?(object: DeepReadonly<T>, call: ValidationCall): FieldError[];
  /** Rules of a transition; `validate` has been run on the new object, too. */
  validateUpdate?(object: DeepReadonly<T>, old: DeepReadonly<T>, call: ValidationCall): FieldError[];
  /** The kind's own rules leave metadata out (Event): on create it is judged only once they hold. */
  readonly metadataApart?: boolean;
  /** 'change' unless said otherwise. */
  readonly metadataOnUpdate?: MetadataOnUpdate;
  /** Finalizers need neither a domain nor a name that Kubernetes knows. */
  readonly anyFinalizers?: boolean;
  /** A generated name has no suffix (IPAddress, whose names are addresses). */
  readonly generatesBareNames?: boolean;
  /** Where etcd keeps the objects below /registry, which some messages show; the plural unless said otherwise. */
  readonly registryPath?: string;
  /** A create keeps the status it came with (Node). Else the registry clears it if there is a status subresource. */
  readonly keepsStatusOnCreate?: boolean;
  /** A Warning sent with every answer of this resource: `v1 Endpoints is deprecated in v1.33+; use …`. */
  readonly deprecation?: string;
  /** Sent as Warning headers with code 299. */
  warnings?(object: DeepReadonly<T>, old: DeepReadonly<T> | undefined): string[];
  /** How metadata.name is checked; RFC 1123 subdomain unless said otherwise. Returns messages as upstream's, without the field. */
  validateName?(name: string, prefix: boolean): string[];
  /** False: metadata.generation is not kept. 'spec' (default when there is a spec): bumped when anything but metadata and status changes. */
  readonly generation?: false | 'spec';
  /** May a PUT to an absent name create the object? Leases, Events, Endpoints, Nodes … say so. */
  readonly allowCreateOnUpdate?: boolean;
  /** May an update come without resourceVersion? True for most kinds. */
  readonly allowUnconditionalUpdate?: boolean;

  /** Acquires what lies outside the object (addresses, ports). What it returns is called if the write fails. */
  beforeCreate?(object: T, call: HookCall): Promise<Rollback | undefined>;
  beforeUpdate?(object: T, old: DeepReadonly<T>, call: HookCall): Promise<Rollback | undefined>;
  /** After the write was acknowledged; failures are logged, the answer stands. */
  afterCreate?(object: DeepReadonly<T>, call: HookCall): Promise<void>;
  /** After the object is gone from the store. */
  afterDelete?(object: DeepReadonly<T>, call: HookCall): Promise<void>;
  /**
   * Graceful deletion (pods): seconds to wait, 0 = at once. Undefined or absent: not graceful. Called with the options'
   * gracePeriodSeconds; may change the object (deletion of a pod that never ran).
   */
  gracePeriodSeconds?(object: DeepReadonly<T>, requested: number | undefined): number | undefined;
  /** Propagation when the options name none; background unless said otherwise. 'None': dependents are ignored (Events). */
  readonly defaultPropagation?: 'Orphan' | 'Background' | 'None';
  /** A finished DELETE is answered with the last object instead of a Status (Pods, Services, Namespaces, ServiceAccounts, …). */
  readonly returnsDeletedObject?: boolean;
  /**
   * True: a deletion only marks the object, finalizers or not (Namespace: spec.finalizers). It is removed by the update after
   * which this is false and metadata.finalizers is empty.
   */
  holdsDeletion?(object: DeepReadonly<T>): boolean;
  /** Changes the object whose deletion begins and is held (Namespace: phase Terminating). */
  beginDeletion?(object: T, call: HookCall): void;

  /** A write that may be lost at a crash (Events, node heartbeats). `old` undefined: create. */
  isVolatile?(object: DeepReadonly<T>, old: DeepReadonly<T> | undefined): boolean;
  /** Milliseconds after which a stored object is dropped (Events: 1 h). */
  readonly ttlMs?: number;

  readonly subresources?: Subresources<T>;
  /**
   * Table columns after Name; the registry adds Name first. Age is a column with `format: 'age'`: the registry computes it
   * from creationTimestamp, `value` is not called. Cells are cached per version, except those of columns whose `value`
   * declares its second parameter (nowMs).
   */
  readonly columns?: readonly Column<T>[];
  /** Field selectors besides metadata.name and metadata.namespace: label → value of this object ('' if unset). */
  selectableFields?(object: DeepReadonly<T>): Record<string, string>;
  /** The names that `selectableFields` knows, for error messages and checks. */
  readonly selectableFieldNames?: readonly string[];
}

/**
 * How a kind's own rules for updates look at metadata, after the registry has looked at it for all kinds: at what may not
 * change, at the whole as in a create, both in one order or the other, or not at all. Causes are told once for each look.
 */
export type MetadataOnUpdate = 'change' | 'change-object' | 'object-change' | 'object' | 'none';

export type Rollback = () => Promise<void>;

export interface StoredAs<T> {
  readonly resource: ResourceRef;
  toStored(object: T): KubeObject;
  fromStored(object: DeepReadonly<KubeObject>): T;
}

export interface Subresources<T extends HasMetadata> {
  /** `true`: get, update and patch of `.status` with the registry's rules. */
  readonly status?: true | StatusSubresource<T>;
  readonly scale?: ScaleSubresource<T>;
  /** Everything else, by name: log, exec, attach, portforward, proxy, eviction, binding, token, finalize, resize, ephemeralcontainers, approval. */
  readonly [name: string]: true | StatusSubresource<T> | ScaleSubresource<T> | CustomSubresource<T> | undefined;
}
export interface StatusSubresource<T extends HasMetadata> {
  /** 'change' unless said otherwise. */
  readonly metadataOnUpdate?: MetadataOnUpdate;
  prepareForUpdate?(object: T, old: DeepReadonly<T>, call: HookCall): void;
  validateUpdate?(object: DeepReadonly<T>, old: DeepReadonly<T>, call: ValidationCall): FieldError[];
}
/** Paths as in a CRD: `.spec.replicas`. The answer is an autoscaling/v1 Scale. */
export interface ScaleSubresource<T extends HasMetadata> {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  /** `status.selector` of the Scale, as a string. */
  labelSelector(object: DeepReadonly<T>): string;
}

/** A subresource with its own code. Exactly one of `update`, `create` and `stream` is given. */
export interface CustomSubresource<T extends HasMetadata> {
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly Verb[];
  /** Definition of the body if it is not the parent's. */
  readonly schema?: string;
  /** An update of the parent that touches only a part of it (finalize, resize, ephemeralcontainers, approval). */
  readonly update?: StatusSubresource<T>;
  /** Field defaults of a body of its own kind. Changes it. */
  defaults?(body: KubeObject): void;
  /** A create with a body of its own kind (binding, eviction, token). */
  create?(key: ObjectKey, body: KubeObject, call: HookCall): Promise<HasMetadata>;
  /** A connection to the object's node; apiserver/subresources does the protocol. */
  readonly stream?: StreamSubresource<T>;
}

/**
 * exec, attach, port-forward, log and proxy: the kind only says whom to connect to; apiserver/subresources knows the protocols
 * (WebSocket v5/v4, SPDY/3.1, chunked logs, HTTP proxying) and carries the bytes.
 */
export interface StreamSubresource<T extends HasMetadata> {
  readonly type: 'log' | 'exec' | 'attach' | 'portforward' | 'proxy';
  /** Checks the query and finds the target. Throws upstream's StatusError (no such container, pod not running, …). */
  resolve(
    object: DeepReadonly<T> | undefined,
    key: ObjectKey,
    options: URLSearchParams,
    call: HookCall,
  ): Promise<StreamTarget>;
}
export interface StreamTarget {
  /** Where to connect; '' dials from the server's own machine. */
  readonly nodeName: string;
  readonly pod?: PodReference;
  readonly container?: string;
  /** proxy only. */
  readonly scheme?: 'http' | 'https';
  readonly host?: string;
  readonly port?: number;
}

/** What validation may know besides the objects. */
export interface ValidationCall {
  readonly user: UserInfo;
  readonly nowMs: number;
  /** Cluster-wide facts validation depends on; data, not functions. */
  readonly settings: ClusterSettings;
}
export interface ClusterSettings {
  readonly serviceCIDRs: readonly string[];
  readonly nodePortRange: { readonly from: number; readonly to: number };
  readonly serviceAccountIssuer: string;
}

/** The ports a hook receives. Everything it does beyond its own object goes through them. */
export interface HookCall extends ValidationCall {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly authorizer: Authorizer;
  readonly tokens: TokenIssuer;
  readonly nodes: NodeDialer;
  /** Adds a Warning header to the answer. */
  warn(message: string): void;
}

/** Reads applied versions of any resource; objects are shared and frozen. */
export interface Reader {
  get<T extends HasMetadata>(resource: ResourceRef<T>, key: ObjectKey): DeepReadonly<T> | undefined;
  list<T extends HasMetadata>(resource: ResourceRef<T>, namespace?: string): Iterable<DeepReadonly<T>>;
}

/** Writes through the registry of the other kind, without authorization, with its hooks and validation. */
export interface Writer {
  create<T extends HasMetadata>(resource: ResourceRef<T>, object: T, options?: WriteOptions): Promise<DeepReadonly<T>>;
  /** Reads, lets `change` build the new object from a private copy, and writes; repeats on conflict. */
  update<T extends HasMetadata>(
    resource: ResourceRef<T>,
    key: ObjectKey,
    change: (object: T) => T | undefined,
    options?: WriteOptions & { readonly subresource?: string },
  ): Promise<DeepReadonly<T>>;
  delete(
    resource: ResourceRef,
    key: ObjectKey,
    options?: WriteOptions & { readonly uid?: string; readonly gracePeriodSeconds?: number },
  ): Promise<void>;
}
export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
}

/** May a user do this? */
export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): AuthorizationDecision;
}
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  /** Resource requests. */
  readonly resource?: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
    readonly subresource: string;
    readonly namespace: string;
    readonly name: string;
    /** Of list, watch and deletecollection, as in the query; absent if there is none. */
    readonly fieldSelector?: string;
    readonly labelSelector?: string;
  };
  /** Requests of other paths. */
  readonly path?: string;
}
export interface AuthorizationDecision {
  readonly decision: 'allow' | 'deny' | 'no-opinion';
  readonly reason: string;
}

/** Signs and checks service account tokens. */
export interface TokenIssuer {
  issue(request: TokenRequestClaims): Promise<{ token: string; expirationTimestamp: string }>;
  /** Undefined if the token is not one of ours, expired, or bound to something that is gone. */
  authenticate(
    token: string,
    audiences: readonly string[],
  ): Promise<{ user: UserInfo; audiences: readonly string[] } | undefined>;
}
export interface TokenRequestClaims {
  readonly namespace: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly boundObject?: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid: string };
}

/** A column of `kubectl get`. */
export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean' | 'number';
  /** OpenAPI format; 'name' for names. */
  readonly format?: string;
  /** 0 = always, 1 = -o wide. */
  readonly priority?: number;
  value(object: DeepReadonly<T>, nowMs: number): string | number | boolean | null;
}

/** An admission plugin: built in and handed over as an ordered list (kinds/admission.ts). */
export interface AdmissionPlugin {
  readonly name: string;
  handles(operation: AdmissionOperation, attributes: AdmissionAttributes): boolean;
  /** May change `attributes.object`. Throws a StatusError to reject. */
  mutate?(attributes: AdmissionAttributes, call: HookCall): Promise<void> | void;
  validate?(attributes: AdmissionAttributes, call: HookCall): Promise<void> | void;
}
export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
export interface AdmissionAttributes {
  readonly operation: AdmissionOperation;
  readonly resource: ResourceRef;
  readonly subresource: string;
  readonly key: ObjectKey;
  /** The object of the request; absent for DELETE. */
  readonly object?: KubeObject;
  readonly old?: DeepReadonly<KubeObject>;
}

/** An authorizer of kinds/ (RBAC, Node): reads what it needs from the reader. */
export interface AuthorizerFactory {
  readonly name: string;
  create(reader: Reader): Authorizer;
}
