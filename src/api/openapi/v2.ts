/** OpenAPI v2 (Swagger): one document for everything. */
import type { OpenApiSpec, OperationSpec, ParameterSpec, PathSpec } from '#api/openapi/spec.ts';
import { extensionsOf, responseDescription, securitySchemes, tagOf } from '#api/openapi/spec.ts';

/** The document of /openapi/v2. */
export function openApiV2Document(spec: OpenApiSpec): object {
  const bodies = requestBodies(spec);
  const paths = Object.entries(spec.openapiV2.paths).map(([path, item]) => [path, pathItem(path, item, bodies)]);
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: spec.version },
    paths: Object.fromEntries(paths),
    definitions: spec.openapiV2.definitions,
    parameters: spec.openapiV2.parameters,
    securityDefinitions: securitySchemes,
    security: [{ BearerToken: [] }],
  };
}

/** Operation to the definition of its body, which is recorded only in v3. */
function requestBodies(spec: OpenApiSpec): Map<string, string> {
  const bodies = new Map<string, string>();
  for (const group of Object.values(spec.openapiV3.groupVersions)) {
    for (const item of Object.values(group.paths)) {
      for (const operation of Object.values(item)) {
        if (!('operationId' in operation)) continue;
        const schema = Object.values(operation.requestBody ?? {})[0] as { $ref?: string } | undefined;
        if (schema?.$ref !== undefined)
          bodies.set(operation.operationId, schema.$ref.replace('#/components/schemas/', '#/definitions/'));
      }
    }
  }
  return bodies;
}

function pathItem(path: string, item: PathSpec, bodies: ReadonlyMap<string, string>): object {
  const entries = Object.entries(item).map(([verb, value]) => [
    verb,
    'operationId' in value ? operationObject(path, value, bodies) : value.map((one) => parameter(one, undefined)),
  ]);
  return Object.fromEntries(entries) as object;
}

function operationObject(path: string, operation: OperationSpec, bodies: ReadonlyMap<string, string>): object {
  const body = bodies.get(operation.operationId);
  const parameters = operation.parameters?.map((one) => parameter(one, body));
  return {
    consumes: operation.consumes,
    produces: operation.produces,
    schemes: ['https'],
    tags: [tagOf(path)],
    operationId: operation.operationId,
    ...(parameters === undefined ? {} : { parameters }),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([code, content]) => [code, response(code, content)]),
    ),
    ...extensionsOf(operation),
  };
}

function parameter(spec: ParameterSpec, body: string | undefined): object {
  if (spec.$ref !== undefined) return { $ref: spec.$ref };
  const required = spec.required === true ? { required: true } : {};
  if (spec.in === 'body') return { name: spec.name, in: 'body', ...required, schema: spec.schema ?? { $ref: body } };
  return { uniqueItems: true, type: spec.type, name: spec.name, in: spec.in, ...required };
}

function response(code: string, content: Readonly<Record<string, string | null>> | null): object {
  const description = responseDescription(code);
  if (content === null) return { description, schema: { type: 'string' } };
  return Object.keys(content).length === 0 ? { description } : { description, schema: content };
}
