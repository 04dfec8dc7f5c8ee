/** What a URL asks for, before anybody looked at who asks. Made once by apiserver/chain/request-info.ts. */
export interface RequestInfo {
  /** False: /healthz, /openapi/v3, discovery and the like. */
  readonly isResourceRequest: boolean;
  /** The decoded path. */
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection, proxy; for other paths the lower-case method. */
  readonly verb: string;
  /** '' for core. */
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource, without its leading slash (proxy). */
  readonly subpath: string;
  /** Of list, watch and deletecollection, as in the query; absent if there is none. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}
