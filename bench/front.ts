/**
 * How fast the front is: GET of 2 KB over TLS through the whole chain, and watch fan-out to 1,000 watchers at 50 per connection.
 * Server and client are two processes; a Node client is the slower of the two, so the server's own CPU time is what counts.
 *
 *     node bench/front.ts            BENCH_MS=2000
 */
import { type ChildProcess, fork } from 'node:child_process';
import { type ClientHttp2Session, connect } from 'node:http2';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import type { FrameSink } from '#api/handler.ts';
import { createAuthenticator } from '#apiserver/chain/authenticate.ts';
import { privilegedGroupAuthorizer } from '#apiserver/chain/authorize.ts';
import { Paths } from '#apiserver/discovery/paths.ts';
import { createApiServer } from '#apiserver/server.ts';
import { certificateLifetimeMs, createAuthority, issue, type KeyPair } from '#host/certificates/issue.ts';
import { createHttpServer } from '#host/http/server.ts';
import { systemClock } from '#host/system-clock.ts';
import { systemRandom } from '#host/system-random.ts';

const loadMs = Number(process.env['BENCH_MS'] ?? 2000);
const watchers = 1000;
const perConnection = 50;
const frameBytes = 2048;

interface Started {
  readonly port: number;
  readonly authority: string;
  readonly client: KeyPair;
}
interface Usage {
  readonly cpuMs: number;
  readonly loopP99Ms: number;
  readonly rssMb: number;
}

if (process.send === undefined) await main();
else await serve();

async function serve(): Promise<void> {
  const nowMs = Date.now();
  const authority = createAuthority('bench', nowMs);
  const pair = issue(authority, {
    commonName: 'server',
    hosts: ['localhost', '127.0.0.1'],
    nowMs,
    lifetimeMs: certificateLifetimeMs,
  });
  const client = issue(authority, {
    commonName: 'admin',
    organizations: ['system:masters'],
    nowMs,
    lifetimeMs: certificateLifetimeMs,
  });
  const sinks = new Set<FrameSink>();
  const bytes = new Uint8Array(frameBytes).fill(120);
  const headers = { 'content-type': 'application/json' };
  const paths = new Paths({
    resources: () => [],
    checks: [],
    metrics: noMetrics,
    openApi: { index: () => new Map(), v3: () => undefined, v2: () => bytes },
    issuer: { openidConfiguration: () => ({}), jwks: () => ({}) },
    serverAddress: () => '',
    log: silentLogger,
  });
  const { handle } = createApiServer({
    authenticate: createAuthenticator({ tokens: { authenticate: () => Promise.resolve(undefined) } }),
    authorizer: privilegedGroupAuthorizer,
    resources(_request, { verb }) {
      if (verb !== 'watch') return { status: 200, headers, body: { kind: 'bytes', bytes } };
      return {
        status: 200,
        headers,
        body: {
          kind: 'frames',
          open(sink) {
            sinks.add(sink);
            sink.onClose(() => sinks.delete(sink));
          },
        },
      };
    },
    paths,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  const server = createHttpServer({
    handle,
    certificate: { ...pair, clientAuthorities: authority.certificate },
    log: silentLogger,
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  answerParent(sinks);
  process.send?.({ port, authority: authority.certificate, client } satisfies Started);
}

/** Commands of the measuring process: 'mark' starts a measurement, 'usage' ends it, a number is updates per second to send. */
function answerParent(sinks: ReadonlySet<FrameSink>): void {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let cpu = process.cpuUsage();
  let timer: NodeJS.Timeout | undefined;
  process.on('message', (command: string | number) => {
    if (typeof command === 'number') {
      clearInterval(timer);
      if (command > 0)
        timer = setInterval(
          () => broadcast(sinks, Math.max(1, Math.round(command / 100))),
          Math.max(10, 1000 / command),
        );
    } else if (command === 'mark') {
      cpu = process.cpuUsage();
      delay.enable();
      delay.reset();
    } else {
      const { user, system } = process.cpuUsage(cpu);
      process.send?.({
        cpuMs: (user + system) / 1000,
        loopP99Ms: delay.percentile(99) / 1e6,
        rssMb: process.memoryUsage.rss() / 1e6,
      } satisfies Usage);
    }
  });
  process.on('disconnect', () => process.exit());
}

function broadcast(sinks: ReadonlySet<FrameSink>, updates: number): void {
  for (let i = 0; i < updates; i++) {
    const frame = Buffer.alloc(frameBytes, 120);
    frame.writeDoubleBE(Date.now(), 0);
    for (const sink of sinks) sink.write(frame);
  }
}

async function main(): Promise<void> {
  const child = fork(import.meta.filename, { stdio: 'inherit' });
  const started = await message<Started>(child);
  const rows = [
    await gets(child, 'GET 2 KB, HTTP/1.1, 32 connections', (until) => http1Load(started, 32, until)),
    await gets(child, 'GET 2 KB, HTTP/2, 8 connections x 8', (until) => http2Load(started, until)),
    ...(await fanOut(child, started)),
  ];
  console.table(rows);
  child.disconnect();
}

type Row = Record<string, string | number>;

async function gets(child: ChildProcess, what: string, load: (untilMs: number) => Promise<number>): Promise<Row> {
  await load(Date.now() + loadMs / 4);
  child.send('mark');
  const fromMs = Date.now();
  const count = await load(Date.now() + loadMs);
  const seconds = (Date.now() - fromMs) / 1000;
  const usage = await ask(child);
  return row(what, count / seconds, { seconds, usage, count });
}

function row(what: string, perSecond: number, of: { seconds: number; usage: Usage; count: number }): Row {
  const { usage, seconds, count } = of;
  return {
    what,
    'per s': Math.round(perSecond),
    'server µs each': Number(((usage.cpuMs * 1000) / count).toFixed(1)),
    'server CPU %': Math.round(usage.cpuMs / seconds / 10),
    'loop p99 ms': Number(usage.loopP99Ms.toFixed(1)),
    'rss MB': Math.round(usage.rssMb),
  };
}

/** Bare sockets: the client must not be the limit. */
async function http1Load({ port, authority, client }: Started, connections: number, untilMs: number): Promise<number> {
  const request = Buffer.from(
    'GET /api/v1/namespaces/a/configmaps/b HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nUser-Agent: bench\r\n\r\n',
  );
  let count = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ca: authority,
        cert: client.certificate,
        key: client.key,
        servername: 'localhost',
      });
      let missing = 0;
      socket.on('error', reject);
      socket.on('secureConnect', () => socket.write(request));
      socket.on('data', (chunk: Buffer) => {
        if (missing === 0) missing = chunk.indexOf('\r\n\r\n') + 4 + frameBytes;
        missing -= chunk.byteLength;
        if (missing > 0) return;
        count++;
        if (Date.now() < untilMs) socket.write(request);
        else {
          socket.destroy();
          resolve();
        }
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  return count;
}

function session({ port, authority, client }: Started): ClientHttp2Session {
  return connect(`https://localhost:${port}`, {
    ca: authority,
    cert: client.certificate,
    key: client.key,
    settings: { initialWindowSize: 1 << 20 },
    maxSessionMemory: 1000,
  });
}

async function http2Load(started: Started, untilMs: number): Promise<number> {
  let count = 0;
  const loop = async (client: ClientHttp2Session): Promise<void> => {
    while (Date.now() < untilMs) {
      await new Promise<void>((resolve, reject) => {
        const stream = client.request({ ':path': '/api/v1/namespaces/a/configmaps/b', accept: 'application/json' });
        stream.on('error', reject);
        stream.on('data', () => {});
        stream.on('end', resolve);
      });
      count++;
    }
  };
  const sessions = Array.from({ length: 8 }, () => session(started));
  await Promise.all(sessions.flatMap((client) => Array.from({ length: 8 }, () => loop(client))));
  for (const client of sessions) client.destroy();
  return count;
}

async function fanOut(child: ChildProcess, started: Started): Promise<Row[]> {
  const seen = { bytes: 0, lags: [] as number[] };
  const sessions = Array.from({ length: watchers / perConnection }, () => session(started));
  const opened = sessions.flatMap((client) => Array.from({ length: perConnection }, () => watch(client, seen)));
  await Promise.all(opened);
  const rows: Row[] = [];
  for (const updatesPerSecond of [10, 100, 300]) {
    child.send(updatesPerSecond);
    await sleep(500);
    seen.bytes = 0;
    seen.lags = [];
    child.send('mark');
    const fromMs = Date.now();
    await sleep(loadMs);
    const usage = await ask(child);
    const seconds = (Date.now() - fromMs) / 1000;
    const count = seen.bytes / frameBytes;
    const lags = seen.lags.sort((a, b) => a - b);
    rows.push({
      ...row(`watch: ${watchers} watchers x ${updatesPerSecond} updates/s`, count / seconds, { seconds, usage, count }),
      'delivery p99 ms': lags[Math.floor(lags.length * 0.99)] ?? 0,
    });
  }
  child.send(0);
  for (const client of sessions) client.destroy();
  return rows;
}

function watch(client: ClientHttp2Session, seen: { bytes: number; lags: number[] }): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ':path': '/api/v1/configmaps?watch=1', accept: 'application/json' });
    stream.on('error', reject);
    stream.on('response', () => resolve());
    stream.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.byteLength;
      const sentMs = chunk.byteLength >= frameBytes ? chunk.readDoubleBE(0) : 0;
      if (sentMs > 1e12) seen.lags.push(Date.now() - sentMs);
    });
  });
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once('message', (value) => resolve(value as T)));
}

function ask(child: ChildProcess): Promise<Usage> {
  const answer = message<Usage>(child);
  child.send('usage');
  return answer;
}
