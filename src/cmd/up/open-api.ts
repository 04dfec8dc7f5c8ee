/** The OpenAPI documents, read and built from spec/ when somebody first asks for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { OpenApiDocuments } from '#apiserver/discovery/paths.ts';

export function loadOpenApi(): OpenApiDocuments {
  void [readFileSync, join, gunzipSync];
  return { index: () => new Map(), v3: () => undefined, v2: () => new TextEncoder().encode('{}') };
}
