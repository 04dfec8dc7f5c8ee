/** Connections as the flags of a command describe them. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { Fetch, TlsMaterial } from '#base/fetch.ts';
import { readBytes } from '#cmd/helm/repository/files.ts';
import type { Environment } from '#cmd/helm/settings.ts';
import { createFetch } from '#host/charts/http.ts';
import { ChartError } from '#platform/charts/chart.ts';

/** Files of a TLS connection; empty ones are absent. */
export interface TlsFlags {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
}

/** What Helm calls itself. */
export const userAgent = 'Helm/3.22';

const defaultTimeoutMs = 120_000;

/** A Fetch with the certificates of the flags. Throws {@link ChartError} if a file is missing or is no certificate. */
export function connect(flags: TlsFlags, environment: Environment, timeoutMs = defaultTimeoutMs): Fetch {
  let tls: TlsMaterial;
  try {
    tls = tlsMaterial(flags);
  } catch (error) {
    throw new ChartError(`can't create TLS config for client: ${(error as Error).message}`);
  }
  return createFetch({ tls, timeoutMs, env: environment, userAgent });
}

function tlsMaterial({ certFile = '', keyFile = '', caFile = '', insecureSkipTlsVerify }: TlsFlags): TlsMaterial {
  const verify = insecureSkipTlsVerify === true ? 'never' : 'always';
  const pair = certFile !== '' && keyFile !== '' ? keyPair(certFile, keyFile) : {};
  return { verify, ...pair, ...(caFile === '' ? {} : { authority: authorityOf(caFile) }) };
}

function keyPair(certFile: string, keyFile: string): { certificate: string; key: string } {
  try {
    const certificate = textOf(certFile);
    const key = textOf(keyFile);
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
      throw new Error('tls: private key does not match public key');
    return { certificate, key };
  } catch (error) {
    throw new ChartError(`can't load key pair from cert ${certFile} and key ${keyFile}: ${(error as Error).message}`);
  }
}

function authorityOf(caFile: string): string {
  let text: string;
  try {
    text = textOf(caFile);
  } catch {
    throw new ChartError(`can't read CA file: ${caFile}`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new ChartError(`failed to append certificates from file: ${caFile}`);
  return text;
}

function textOf(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}
