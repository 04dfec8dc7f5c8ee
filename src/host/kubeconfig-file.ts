/**
 * From a kubeconfig file to a connection: the files it names are read, a token from a file is read again once it is a minute
 * old (the kubelet renews it).
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { loadYaml } from '#lang/yaml/to-json.ts';
import { type ClusterConnection, connectionOf, KubeconfigError } from '#client/kubeconfig.ts';
import { writeFileAtomic } from '#host/certificates/atomic-file.ts';
import type { HttpClientOptions } from '#host/http/client.ts';

const tokenAgeMs = 60_000;

export interface KubeconfigConnection extends HttpClientOptions {
  /** Of the context. */
  readonly namespace: string;
}

/** Throws KubeconfigError with the file's name when it cannot be used. */
export async function readKubeconfig(
  path: string,
  options: { context?: string; clock: Clock },
): Promise<KubeconfigConnection> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new KubeconfigError(
      `cannot read the kubeconfig ${path}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`,
    );
  });
  try {
    return await connectionFrom(connectionOf(loadYaml(text), options.context), dirname(path), options.clock);
  } catch (error) {
    throw error instanceof KubeconfigError
      ? error
      : new KubeconfigError(`cannot use the kubeconfig ${path}: ${(error as Error).message}`);
  }
}

/** Whole or not at all, and for nobody else's eyes. */
export function writeKubeconfig(path: string, text: string): Promise<void> {
  return writeFileAtomic(path, text, 0o600);
}

/** Reads the files that a connection names, relative to a folder. Rejects with what the disk says. */
export async function connectionFrom(
  connection: ClusterConnection,
  folder: string,
  clock: Clock,
): Promise<KubeconfigConnection> {
  const textOf = async (text: string | undefined, file: string | undefined): Promise<string | undefined> =>
    text ?? (file === undefined ? undefined : readFile(resolve(folder, file), 'utf8'));
  const [authority, certificate, key] = await Promise.all([
    textOf(connection.authority, connection.authorityFile),
    textOf(connection.certificate, connection.certificateFile),
    textOf(connection.key, connection.keyFile),
  ]);
  const { server, namespace, serverName, skipsVerification, token, tokenFile } = connection;
  return {
    server,
    namespace,
    ...(authority === undefined ? {} : { authority }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(skipsVerification === undefined ? {} : { skipsVerification }),
    ...(token === undefined ? {} : { token: () => token }),
    ...(tokenFile === undefined ? {} : { token: tokenReader(resolve(folder, tokenFile), clock) }),
  };
}

function tokenReader(path: string, clock: Clock): () => Promise<string> {
  let read: { atMs: number; token: string } | undefined;
  return async () => {
    if (read === undefined || clock.monotonic() - read.atMs > tokenAgeMs)
      read = { atMs: clock.monotonic(), token: (await readFile(path, 'utf8')).trim() };
    return read.token;
  };
}
