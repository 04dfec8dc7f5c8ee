/** The flags of `wheelhouse up`, as values. */
import { resolve } from 'node:path';
import { Failure } from '#cmd/failure.ts';
import { defaultDataDir } from '#cmd/instance.ts';

export interface UpFlags {
  readonly dataDir?: string;
  readonly listen?: string;
  readonly kubeconfig?: string;
  readonly simulate?: number;
  readonly node?: boolean;
  readonly controllers: boolean;
  readonly serviceCidr?: string;
  readonly podCidr?: string;
  readonly ephemeral: boolean;
  readonly detach: boolean;
  readonly adminToken?: string;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
}

export interface UpOptions {
  readonly dataDir: string;
  /** Undefined: loopback, on the port chosen at the first start. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  readonly kubeconfig: string | undefined;
  readonly simulatedNodes: number;
  /** Undefined: a real node if this machine can run one and none are simulated. */
  readonly realNode: boolean | undefined;
  readonly runControllers: boolean;
  readonly serviceCIDR: string | undefined;
  readonly podCIDR: string | undefined;
  readonly isEphemeral: boolean;
  readonly adminToken: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Throws a Failure for what cannot be. */
export function upOptions(flags: UpFlags): UpOptions {
  const simulatedNodes = flags.simulate ?? 0;
  return {
    dataDir: flags.dataDir === undefined ? defaultDataDir() : resolve(flags.dataDir),
    listen: flags.listen === undefined ? undefined : listenAddress(flags.listen),
    kubeconfig: flags.kubeconfig === undefined ? undefined : resolve(flags.kubeconfig),
    simulatedNodes,
    realNode: flags.node ?? (simulatedNodes > 0 ? false : undefined),
    runControllers: flags.controllers,
    serviceCIDR: cidr('--service-cidr', flags.serviceCidr),
    podCIDR: cidr('--pod-cidr', flags.podCidr),
    isEphemeral: flags.ephemeral,
    adminToken: flags.adminToken,
    logLevel: flags.logLevel ?? 'warn',
  };
}

function listenAddress(text: string): { host: string; port: number } {
  const match = /^(?:(\[[0-9a-f:]+\]|[^:]*):)?(\d+)$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) throw new Failure(`--listen takes HOST:PORT, not ${JSON.stringify(text)}`);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host === '' ? '0.0.0.0' : host, port };
}

function cidr(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const isRange =
    match !== null &&
    match.slice(1, 5).every((part) => Number(part) < 256) &&
    Number(match[5]) >= 12 &&
    Number(match[5]) <= 24;
  if (!isRange)
    throw new Failure(`${flag} takes an IPv4 range of 12 to 24 bits such as 10.96.0.0/16, not ${JSON.stringify(text)}`);
  return text;
}
