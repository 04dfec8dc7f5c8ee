/**
 * The cluster's certificates and keys, in a folder: made at the first start, renewed by the running process.
 *
 *   ca.crt ca.key                   the authority of servers, clients and agents
 *   front-proxy-ca.crt .key         the authority of aggregation
 *   apiserver.crt .key              SANs: the given hosts; issued anew when one is missing
 *   admin.crt .key                  CN=admin, O=system:masters
 *   front-proxy-client.crt .key     CN=front-proxy-client
 *   sa.key                          signs service account tokens (ES256)
 *
 * Invariants: 1. what is handed out is usable now and was written before. 2. A pair that is damaged, foreign or past two
 * thirds of its life is replaced; the authority's key is never replaced while it is readable.
 */
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import {
  certificateLifetimeMs,
  createAuthority,
  generateKey,
  isUsable,
  issue,
  type KeyPair,
  renewalMs,
} from '#host/certificates/issue.ts';
import { writeFileAtomic } from '#host/certificates/atomic-file.ts';

export interface PkiOptions {
  readonly directory: string;
  /** DNS names and addresses of the API server. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ClientIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

const retryMs = 60_000;

export class Pki {
  readonly #options: PkiOptions;
  readonly #listeners = new Set<() => void>();
  #hosts: readonly string[];
  #authority: KeyPair;
  #frontProxyAuthority: KeyPair;
  #server: KeyPair;
  #admin: KeyPair;
  #frontProxyClient: KeyPair;
  #cancelRenewal: () => void = () => {};
  /** PKCS#8 PEM of the key that signs service account tokens. */
  readonly serviceAccountKey: string;

  private constructor(options: PkiOptions, made: Made) {
    this.#options = options;
    this.#hosts = options.hosts;
    this.#authority = made.authority;
    this.#frontProxyAuthority = made.frontProxyAuthority;
    this.#server = made.server;
    this.#admin = made.admin;
    this.#frontProxyClient = made.frontProxyClient;
    this.serviceAccountKey = made.serviceAccountKey;
    this.#scheduleRenewal();
  }

  /** Reads what is in the folder and makes what is missing. */
  static async open(options: PkiOptions): Promise<Pki> {
    const { directory } = options;
    const nowMs = options.clock.now();
    const [authority, frontProxyAuthority, serviceAccountKey] = await Promise.all([
      loadAuthority(join(directory, 'ca'), 'kubernetes', nowMs),
      loadAuthority(join(directory, 'front-proxy-ca'), 'front-proxy-ca', nowMs),
      loadKey(join(directory, 'sa.key')),
    ]);
    const [server, admin, frontProxyClient] = await Promise.all([
      loadPair(join(directory, 'apiserver'), authority, {
        commonName: 'kube-apiserver',
        hosts: options.hosts,
        nowMs,
        lifetimeMs: certificateLifetimeMs,
      }),
      loadPair(join(directory, 'admin'), authority, { ...adminIdentity, nowMs, lifetimeMs: certificateLifetimeMs }),
      loadPair(join(directory, 'front-proxy-client'), frontProxyAuthority, {
        commonName: 'front-proxy-client',
        nowMs,
        lifetimeMs: certificateLifetimeMs,
      }),
    ]);
    return new Pki(options, { authority, frontProxyAuthority, serviceAccountKey, server, admin, frontProxyClient });
  }

  /** PEM of the authority: what a kubeconfig and kube-root-ca.crt carry. */
  get authority(): string {
    return this.#authority.certificate;
  }
  get frontProxyAuthority(): string {
    return this.#frontProxyAuthority.certificate;
  }
  get server(): KeyPair {
    return this.#server;
  }
  get admin(): KeyPair {
    return this.#admin;
  }
  get frontProxyClient(): KeyPair {
    return this.#frontProxyClient;
  }

  /** A client certificate for somebody: an agent (`system:node:NAME`, `system:nodes`), a tool. Not kept. */
  issueClient(identity: ClientIdentity, lifetimeMs: number = certificateLifetimeMs): KeyPair {
    return issue(this.#authority, { ...identity, nowMs: this.#options.clock.now(), lifetimeMs });
  }

  /** A client certificate kept in the folder as NAME.crt and NAME.key, renewed when it is opened late in its life. */
  keptClient(name: string, identity: ClientIdentity): Promise<KeyPair> {
    return loadPair(join(this.#options.directory, name), this.#authority, {
      ...identity,
      nowMs: this.#options.clock.now(),
      lifetimeMs: certificateLifetimeMs,
    });
  }

  /** Other names and addresses of the server: its certificate is issued anew if it lacks one of them. */
  async setHosts(hosts: readonly string[]): Promise<void> {
    this.#hosts = hosts;
    await this.#renew();
  }

  /** Called after the server's or the admin's certificate was replaced. Returns cancel. */
  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#cancelRenewal();
  }

  async #renew(): Promise<void> {
    const nowMs = this.#options.clock.now();
    const { directory } = this.#options;
    const lifetimeMs = certificateLifetimeMs;
    const [server, admin, frontProxyClient] = await Promise.all([
      renewPair(this.#server, join(directory, 'apiserver'), this.#authority, {
        commonName: 'kube-apiserver',
        hosts: this.#hosts,
        nowMs,
        lifetimeMs,
      }),
      renewPair(this.#admin, join(directory, 'admin'), this.#authority, { ...adminIdentity, nowMs, lifetimeMs }),
      renewPair(this.#frontProxyClient, join(directory, 'front-proxy-client'), this.#frontProxyAuthority, {
        commonName: 'front-proxy-client',
        nowMs,
        lifetimeMs,
      }),
    ]);
    const isChanged = server !== this.#server || admin !== this.#admin || frontProxyClient !== this.#frontProxyClient;
    this.#server = server;
    this.#admin = admin;
    this.#frontProxyClient = frontProxyClient;
    this.#scheduleRenewal();
    if (isChanged) for (const listener of this.#listeners) listener();
  }

  #scheduleRenewal(): void {
    this.#cancelRenewal();
    const dueMs = Math.min(
      ...[this.#server, this.#admin, this.#frontProxyClient].map(({ certificate }) => renewalMs(certificate)),
    );
    this.#renewAfter(Math.max(0, dueMs - this.#options.clock.now()) + 1000);
  }

  #renewAfter(delayMs: number): void {
    this.#cancelRenewal = this.#options.clock.after(delayMs, () => {
      this.#renew().catch((error: unknown) => {
        this.#options.log.error('certificates could not be renewed; trying again', { error: errorMessage(error) });
        this.#renewAfter(retryMs);
      });
    });
  }
}

interface Made {
  readonly authority: KeyPair;
  readonly frontProxyAuthority: KeyPair;
  readonly serviceAccountKey: string;
  readonly server: KeyPair;
  readonly admin: KeyPair;
  readonly frontProxyClient: KeyPair;
}

const adminIdentity = { commonName: 'admin', organizations: ['system:masters'] } as const;

async function loadAuthority(path: string, commonName: string, nowMs: number): Promise<KeyPair> {
  const pair = await readPair(path);
  if (pair !== undefined && isUsable(pair, { nowMs: 0 })) return pair;
  const authority = createAuthority(commonName, nowMs);
  await writePair(path, authority);
  return authority;
}

async function loadPair(path: string, authority: KeyPair, request: Parameters<typeof issue>[1]): Promise<KeyPair> {
  return renewPair(await readPair(path), path, authority, request);
}

/** The same pair while it is good, else a new one that is on disk. */
async function renewPair(
  pair: KeyPair | undefined,
  path: string,
  authority: KeyPair,
  request: Parameters<typeof issue>[1],
): Promise<KeyPair> {
  const check = {
    authority: authority.certificate,
    nowMs: request.nowMs,
    ...(request.hosts === undefined ? {} : { hosts: request.hosts }),
  };
  if (pair !== undefined && isUsable(pair, check)) return pair;
  const renewed = issue(authority, request);
  await writePair(path, renewed);
  return renewed;
}

async function loadKey(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined && isPrivateKey(text)) return text;
  const key = generateKey();
  await writeFileAtomic(path, key, 0o600);
  return key;
}

function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

async function readPair(path: string): Promise<KeyPair | undefined> {
  try {
    const [certificate, key] = await Promise.all([readFile(`${path}.crt`, 'utf8'), readFile(`${path}.key`, 'utf8')]);
    return { certificate, key };
  } catch {
    return undefined;
  }
}

async function writePair(path: string, pair: KeyPair): Promise<void> {
  await writeFileAtomic(`${path}.key`, pair.key, 0o600);
  await writeFileAtomic(`${path}.crt`, pair.certificate);
}
