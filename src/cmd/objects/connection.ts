/** To which cluster the everyday verbs talk, and how they say what went wrong. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { Handler } from '#api/handler.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '#client/client.ts';
import { createClient } from '#client/handler-client.ts';
import { Failure } from '#cmd/failure.ts';
import { defaultDataDir, readStatus } from '#cmd/instance.ts';
import { hintOfRefusal } from '#cmd/objects/hints.ts';
import { createHttpHandler } from '#host/http/client.ts';
import { readKubeconfig } from '#host/kubeconfig-file.ts';
import { systemClock } from '#host/system-clock.ts';

/** The flags that every verb takes. */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly dataDir?: string;
  /** Whom to act as. */
  readonly as?: string;
  readonly asGroup?: readonly string[];
}

export interface Connection {
  readonly client: Client;
  readonly server: string;
  /** Of the flag, else of the context. */
  readonly namespace: string;
  /** The flag alone: objects of other namespaces are refused. */
  readonly enforcedNamespace: string | undefined;
}

/** Runs a verb on a connection; what the server refuses becomes kubectl's sentence. */
export async function withConnection(
  flags: ConnectionFlags,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const found = await readKubeconfig(kubeconfigPath(flags), {
    ...(flags.context === undefined ? {} : { context: flags.context }),
    clock: systemClock,
  });
  const http = createHttpHandler(found);
  try {
    await work({
      client: createClient(actingAs(flags, http.handle), { userAgent: 'wheelhouse' }),
      server: found.server,
      namespace: flags.namespace ?? found.namespace,
      enforcedNamespace: flags.namespace,
    });
  } catch (error) {
    throw error instanceof StatusError ? statusFailure(error) : connectionFailure(error, found.server);
  } finally {
    http.close();
  }
}

function actingAs({ as, asGroup }: ConnectionFlags, handle: Handler): Handler {
  if (as === undefined) return handle;
  const identity: Record<string, string> = { 'impersonate-user': as };
  if (asGroup !== undefined) identity['impersonate-group'] = asGroup.join(', ');
  return (request) => handle({ ...request, headers: { ...request.headers, ...identity } });
}

/** --kubeconfig, the cluster of --data-dir, $KUBECONFIG, the running cluster of this machine, ~/.kube/config. */
function kubeconfigPath(flags: ConnectionFlags): string {
  if (flags.kubeconfig !== undefined) return resolve(flags.kubeconfig);
  if (flags.dataDir !== undefined) {
    const status = readStatus(resolve(flags.dataDir));
    if (status === undefined) throw new Failure(`no cluster runs on ${flags.dataDir}: start one with wheelhouse up -d`);
    return status.kubeconfig;
  }
  const named = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const usual = [readStatus(defaultDataDir())?.kubeconfig, join(homedir(), '.kube/config')];
  const path = named.length > 0 ? (named.find(existsSync) ?? named[0]) : usual.find((one) => one && existsSync(one));
  if (path === undefined)
    throw new Failure('there is no cluster to talk to: start one with wheelhouse up -d, or name one with --kubeconfig');
  return path;
}

/** As kubectl prints a refusal. `Failure.sentence` is printed behind `error: `, these stand for themselves. */
export class Refusal extends Failure {
  override name = 'Refusal';
}

function statusFailure(error: StatusError): Refusal {
  return new Refusal(refusalText(error), 1, hintOfRefusal(error));
}

/** `Error from server (NotFound): pods "x" not found`, or the list of what is wrong with an object. */
export function refusalText(error: StatusError, source?: string): string {
  const { details, reason, message } = error;
  if (reason !== 'Invalid' || details === undefined) {
    const text = source === undefined ? message : `error when ${source}: ${message}`;
    return `Error from server${reason === '' ? '' : ` (${reason})`}: ${text}`;
  }
  const { kind = '', name = '' } = details;
  const subject = kind === '' && name === '' ? 'The request is invalid' : `The ${kind} "${name}" is invalid`;
  const causes = [...new Set((details.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`))];
  if (causes.length === 0) return `${subject}: ${message}`;
  return causes.length === 1
    ? `${subject}: ${causes[0]}`
    : [`${subject}: `, ...causes.map((cause) => `* ${cause}`)].join('\n');
}

function connectionFailure(error: unknown, server: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ECONNREFUSED') return error;
  return new Refusal(
    `The connection to the server ${new URL(server).host} was refused - did you specify the right host or port?`,
    1,
    'wheelhouse status',
  );
}
