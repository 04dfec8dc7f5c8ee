/** `wheelhouse logs`: what containers wrote, and with -f what they write. */
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import { resourcePath } from '#api/resource-ref.ts';
import { isNotFound } from '#api/status.ts';
import { Failure } from '#cmd/failure.ts';
import { type Connection, type ConnectionFlags, withConnection } from '#cmd/objects/connection.ts';
import { containerOf, podNamed } from '#cmd/objects/pods-of.ts';

export interface LogsFlags extends ConnectionFlags {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly since?: string;
  readonly sinceTime?: string;
  readonly tail?: number;
  readonly limitBytes?: number;
  readonly container?: string;
  readonly allContainers: boolean;
  readonly selector?: string;
  readonly prefix: boolean;
  readonly maxLogRequests: number;
}

interface Source {
  readonly pod: string;
  readonly container: string;
}

const tailOfSelected = 10;

export function logs(flags: LogsFlags, words: readonly string[]): Promise<void> {
  if (flags.since !== undefined && flags.sinceTime !== undefined)
    throw new Failure('at most one of `sinceTime` or `sinceSeconds` may be specified');
  return withConnection(flags, async (connection) => {
    const sources = await sourcesOf(connection, flags, words);
    if (!flags.follow) {
      for (const source of sources) await print(connection, flags, source);
      return;
    }
    if (sources.length > flags.maxLogRequests)
      throw new Failure(
        `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${flags.maxLogRequests}, use --max-log-requests to increase the limit`,
      );
    await Promise.all(sources.map((source) => print(connection, flags, source)));
  });
}

async function sourcesOf(connection: Connection, flags: LogsFlags, words: readonly string[]): Promise<Source[]> {
  if (flags.selector !== undefined) {
    if (words.length > 0) throw new Failure('only a selector (-l) or a POD name is allowed');
    const { items } = await connection.client.list(pods, {
      namespace: connection.namespace,
      labelSelector: flags.selector,
    });
    if (items.length === 0) process.stderr.write(`No resources found in ${connection.namespace} namespace.\n`);
    return items.flatMap((pod) => containersOf(pod, flags));
  }
  const [word, container, ...rest] = words;
  if (word === undefined || rest.length > 0)
    throw new Failure(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  const pod = await podNamed(connection, word).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    const place = `in namespace "${connection.namespace}"`;
    throw new Failure(`error from server (NotFound): ${(error as Error).message} ${place}`);
  });
  return containersOf(pod, container === undefined ? flags : { ...flags, container });
}

function containersOf(pod: Pod, flags: LogsFlags): Source[] {
  const name = pod.metadata.name ?? '';
  if (!flags.allContainers) return [{ pod: name, container: containerOf(pod, flags.container) }];
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return all.map((container) => ({ pod: name, container: container.name }));
}

async function print(connection: Connection, flags: LogsFlags, source: Source): Promise<void> {
  const { body } = await connection.client.request({
    method: 'GET',
    path: resourcePath(pods, connection.namespace, source.pod, 'log'),
    query: queryOf(flags, source),
    headers: { accept: '*/*' },
  });
  const prefix = flags.prefix ? `[pod/${source.pod}/${source.container}] ` : undefined;
  const chunks = body.kind === 'bytes' ? [body.bytes] : body.kind === 'chunks' ? body.chunks : [];
  const write = prefix === undefined ? writeOut : linesWith(prefix);
  for await (const chunk of chunks) await write(chunk);
}

function queryOf(flags: LogsFlags, { container }: Source): string {
  const tail = flags.tail ?? (flags.selector === undefined ? -1 : tailOfSelected);
  const parameters = new URLSearchParams({ container });
  for (const name of ['follow', 'previous', 'timestamps'] as const) if (flags[name]) parameters.set(name, 'true');
  if (flags.since !== undefined) parameters.set('sinceSeconds', String(secondsOf(flags.since)));
  if (flags.sinceTime !== undefined) parameters.set('sinceTime', flags.sinceTime);
  if (tail >= 0) parameters.set('tailLines', String(tail));
  if (flags.limitBytes !== undefined) parameters.set('limitBytes', String(flags.limitBytes));
  return parameters.toString();
}

/** `5s`, `2m`, `3h`, `1h30m`. At least one second. */
function secondsOf(text: string): number {
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  if (!/^([\d.]+(ms|s|m|h))+$/.test(text))
    throw new Failure(`invalid argument "${text}" for "--since" flag: time: invalid duration "${text}"`);
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  const seconds = parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? 0), 0);
  return Math.max(1, Math.ceil(seconds));
}

/** Waits while the reader of our output is behind. */
async function writeOut(chunk: Uint8Array): Promise<void> {
  if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}

function linesWith(prefix: string): (chunk: Uint8Array) => Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  return async (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) await writeOut(Buffer.from(`${prefix}${line}\n`));
  };
}
