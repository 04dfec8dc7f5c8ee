/** The OpenAPI documents, read and built from spec/ when somebody first asks for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BuiltinOpenApi } from '#api/openapi/documents.ts';
import type { OpenApiSpec } from '#api/openapi/spec.ts';
import type { OpenApiDocuments } from '#apiserver/discovery/paths.ts';

const specFile = join(import.meta.dirname, '../../../spec/kubernetes/schema.json.gz');

export function loadOpenApi(): OpenApiDocuments {
  return new BuiltinOpenApi(() => JSON.parse(gunzipSync(readFileSync(specFile)).toString()) as OpenApiSpec);
}
