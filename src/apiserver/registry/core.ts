/** What the parts of the registry share: ports, plugins, and the endpoint of each resource. */
import type { Clock } from '#base/clock.ts';
import type { Gzip } from '#base/compression.ts';
import type { Logger } from '#base/logger.ts';
import type { Random } from '#base/random.ts';
import type { UserInfo } from '#api/handler.ts';
import type { NodeDialer } from '#api/node-connection.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type {
  AdmissionPlugin,
  Authorizer,
  ClusterSettings,
  HookCall,
  Reader,
  TokenIssuer,
  Writer,
} from '#api/resource.ts';
import type { Endpoint } from '#apiserver/registry/endpoint.ts';

export interface Core {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: ClusterSettings;
  readonly admission: readonly AdmissionPlugin[];
  readonly authorizer: Authorizer;
  readonly tokens: TokenIssuer;
  readonly nodes: NodeDialer;
  readonly gzip: Gzip | undefined;
  readonly reader: Reader;
  readonly writer: Writer;
  /** Undefined: no such resource. */
  endpoint(group: string, version: string, plural: string): Endpoint | undefined;
  /** Asserts that it exists. */
  endpointOf(resource: ResourceRef): Endpoint;
}

/** A {@link HookCall} and the warnings it collected. */
export interface Call extends HookCall {
  readonly warnings: readonly string[];
}

export interface CallParts {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** Whose signal is only asked for by those who wait: making one costs a listener on the connection. */
  readonly request: { readonly signal: AbortSignal };
}

export function makeCall(core: Core, parts: CallParts): Call {
  const warnings: string[] = [];
  return {
    user: parts.user,
    dryRun: parts.dryRun,
    get signal() {
      return parts.request.signal;
    },
    nowMs: core.clock.now(),
    settings: core.settings,
    clock: core.clock,
    random: core.random,
    reader: core.reader,
    writer: core.writer,
    authorizer: core.authorizer,
    tokens: core.tokens,
    nodes: core.nodes,
    warnings,
    warn(message) {
      if (!warnings.includes(message)) warnings.push(message);
    },
  };
}
