/** OpenAPI v3: one document per group and version. */
import type { GroupVersionSpec, OpenApiSpec, OperationSpec, ParameterSpec, PathSpec } from '#api/openapi/spec.ts';
import { extensionsOf, responseDescription, securitySchemes, tagOf } from '#api/openapi/spec.ts';

/** The document served below /openapi/v3/, or undefined if there is no such group version. */
export function openApiV3Document(spec: OpenApiSpec, groupVersion: string): object | undefined {
  const group = Object.hasOwn(spec.openapiV3.groupVersions, groupVersion)
    ? spec.openapiV3.groupVersions[groupVersion]
    : undefined;
  if (group === undefined) return undefined;
  const schemas = schemasOf(spec, group);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: spec.version },
    paths: Object.fromEntries(Object.entries(group.paths).map(([path, item]) => [path, pathItem(path, item)])),
    components: { ...(schemas === undefined ? {} : { schemas }), securitySchemes },
  };
}

function schemasOf(spec: OpenApiSpec, group: GroupVersionSpec): Record<string, unknown> | undefined {
  if (group.schemas === undefined) return undefined;
  return Object.fromEntries(
    group.schemas.map((name) => [name, group.schemaOverrides?.[name] ?? spec.openapiV3.schemas[name]]),
  );
}

function pathItem(path: string, item: PathSpec): object {
  return Object.fromEntries(
    Object.entries(item).map(([verb, value]) => [
      verb,
      isParameters(value) ? value.map(parameter) : operationObject(path, value),
    ]),
  );
}

function isParameters(value: OperationSpec | readonly ParameterSpec[]): value is readonly ParameterSpec[] {
  return Array.isArray(value);
}

function operationObject(path: string, operation: OperationSpec): object {
  return {
    tags: [tagOf(path)],
    operationId: operation.operationId,
    ...(operation.parameters === undefined ? {} : { parameters: operation.parameters.map(parameter) }),
    ...(operation.requestBody === undefined ? {} : { requestBody: requestBody(operation.requestBody) }),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([code, content]) => [code, response(code, content)]),
    ),
    ...extensionsOf(operation),
  };
}

function parameter(spec: ParameterSpec): object {
  const required = spec.required === true ? { required: true } : {};
  return { name: spec.name, in: spec.in, ...required, schema: { type: spec.type, uniqueItems: true } };
}

function requestBody(content: Readonly<Record<string, object>>): object {
  const isOptional = Object.values(content).every((schema) => JSON.stringify(schema).endsWith('.DeleteOptions"}'));
  const body = {
    content: Object.fromEntries(Object.entries(content).map(([mediaType, schema]) => [mediaType, { schema }])),
  };
  return isOptional ? body : { ...body, required: true };
}

function response(code: string, content: Readonly<Record<string, string | null>> | null): object {
  const description = responseDescription(code);
  const mediaTypes = Object.entries(content ?? {});
  if (mediaTypes.length === 0) return { description };
  const schema = (reference: string | null): object => (reference === null ? { type: 'string' } : { $ref: reference });
  return {
    description,
    content: Object.fromEntries(mediaTypes.map(([type, reference]) => [type, { schema: schema(reference) }])),
  };
}
