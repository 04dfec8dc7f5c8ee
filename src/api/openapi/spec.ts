/**
 * The recorded OpenAPI of upstream's server (spec/kubernetes/schema.json.gz) as it lies in the file: descriptions, tags and
 * everything that follows from a rule is left out. v2.ts and v3.ts put it back.
 */

export interface OpenApiSpec {
  /** `v1.36.3`. */
  readonly version: string;
  readonly openapiV3: {
    readonly schemas: Readonly<Record<string, object>>;
    /** `api/v1`, `apis/apps/v1`, `version`, … */
    readonly groupVersions: Readonly<Record<string, GroupVersionSpec>>;
  };
  readonly openapiV2: {
    readonly definitions: Readonly<Record<string, object>>;
    readonly parameters: Readonly<Record<string, ParameterSpec>>;
    readonly paths: Readonly<Record<string, PathSpec>>;
  };
}

export interface GroupVersionSpec {
  readonly paths: Readonly<Record<string, PathSpec>>;
  /** Names of definitions. */
  readonly schemas?: readonly string[];
  /** Definitions that differ here from the shared ones. */
  readonly schemaOverrides?: Readonly<Record<string, object>>;
}

/** Verbs in lower case, and `parameters` shared by them. */
export type PathSpec = Readonly<Record<string, OperationSpec | readonly ParameterSpec[]>>;

export interface OperationSpec {
  readonly operationId: string;
  readonly action?: string;
  readonly gvk?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly parameters?: readonly ParameterSpec[];
  /** Media type to schema (v3). */
  readonly requestBody?: Readonly<Record<string, object>>;
  /** Code to: v3 media type to reference, null meaning a string; v2 `{$ref}`, null, or `{}` for no content. */
  readonly responses: Readonly<Record<string, Readonly<Record<string, string | null>> | null>>;
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
}

export interface ParameterSpec {
  readonly $ref?: string;
  readonly in?: string;
  readonly name?: string;
  readonly required?: boolean;
  readonly type?: string | null;
  readonly schema?: object;
}

/** What stands in every document, without being recorded. */
export const securitySchemes = {
  BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' },
} as const;

const responseTexts: Readonly<Record<string, string>> = {
  '200': 'OK',
  '201': 'Created',
  '202': 'Accepted',
  '401': 'Unauthorized',
};

export function responseDescription(code: string): string {
  return responseTexts[code] ?? '';
}

/** `/apis/rbac.authorization.k8s.io/v1/roles` → `rbacAuthorization_v1`. */
export function tagOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] === 'api') return parts[1] === undefined ? 'core' : `core_${parts[1]}`;
  if (parts[0] === '.well-known') return 'WellKnown';
  if (parts[0] !== 'apis' || parts[1] === undefined) return parts[0] ?? '';
  const group = parts[1]
    .replace(/\.k8s\.io$/, '')
    .replaceAll(/\.(\w)/g, (_match, letter: string) => letter.toUpperCase());
  return parts[2] === undefined ? group : `${group}_${parts[2]}`;
}

/** `x-kubernetes-*` of an operation. */
export function extensionsOf(operation: OperationSpec): Record<string, unknown> {
  return {
    ...(operation.action === undefined ? {} : { 'x-kubernetes-action': operation.action }),
    ...(operation.gvk === undefined ? {} : { 'x-kubernetes-group-version-kind': operation.gvk }),
  };
}
