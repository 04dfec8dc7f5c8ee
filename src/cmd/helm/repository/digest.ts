/** Digests of files. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { readBytes } from '#cmd/helm/repository/files.ts';
import type { SignedFile } from '#platform/charts/provenance/verify.ts';

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** An archive as a signature names it. Throws ChartError if it cannot be read. */
export function signedFile(path: string): SignedFile {
  return { name: basename(path), digest: `sha256:${sha256(readBytes(path))}` };
}
