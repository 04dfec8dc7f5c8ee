/** One probe of one container: exec, HTTP, TCP or gRPC. */
import type { Probe } from '#api/generated/core/v1.ts';
import type { ExecIO } from '#api/node-connection.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import type { HttpProbe, ProbeTransport } from '#kubelet/machine.ts';
import type { ReadonlyContainer } from '#kubelet/pods/pod-runtime.ts';
import type { Runtime } from '#kubelet/runtime.ts';
import { type Clock } from '#base/clock.ts';

export interface ProbeTarget {
  readonly container: ReadonlyContainer;
  readonly containerId: string;
  readonly podIP: string;
}
export interface ProbePorts {
  readonly clock: Clock;
  readonly runtime: Runtime;
  readonly transport: ProbeTransport;
}
export interface ProbeOutcome {
  readonly result: 'success' | 'warning' | 'failure' | 'error';
  readonly output: string;
}

const outputLimitBytes = 10 * 1024;

/** Never rejects: `error` says that the probe could not be made. */
export async function runProbe(
  ports: ProbePorts,
  probe: DeepReadonly<Probe>,
  target: ProbeTarget,
): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec !== undefined) return await execProbe(ports, probe.exec.command ?? [], { target, timeoutMs });
    if (probe.httpGet !== undefined)
      return await httpProbe(ports.transport, httpRequest(probe.httpGet, target), timeoutMs);
    if (probe.tcpSocket !== undefined) {
      const host =
        probe.tcpSocket.host === undefined || probe.tcpSocket.host === '' ? target.podIP : probe.tcpSocket.host;
      return await tcpProbe(
        ports.transport,
        { host, port: resolvePort(probe.tcpSocket.port, target.container) },
        timeoutMs,
      );
    }
    if (probe.grpc !== undefined)
      return await grpcProbe(
        ports.transport,
        { host: target.podIP, port: probe.grpc.port, service: probe.grpc.service ?? '' },
        timeoutMs,
      );
    return { result: 'error', output: `missing probe handler for ${target.container.name}` };
  } catch (error) {
    return { result: 'error', output: errorMessage(error) };
  }
}

async function execProbe(
  ports: ProbePorts,
  command: readonly string[],
  { target, timeoutMs }: { target: ProbeTarget; timeoutMs: number },
): Promise<ProbeOutcome> {
  const capture = new OutputCapture();
  const timeout = new AbortController();
  const cancel = ports.clock.after(timeoutMs, () => timeout.abort(new Error('timeout')));
  try {
    const { exitCode } = await ports.runtime.exec(
      target.containerId,
      { command, tty: false, stdin: false },
      capture.io,
      timeout.signal,
    );
    return { result: exitCode === 0 ? 'success' : 'failure', output: capture.text() };
  } catch (error) {
    if (timeout.signal.aborted)
      return {
        result: 'failure',
        output: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`,
      };
    return {
      result: 'error',
      output: `rpc error: code = Unknown desc = failed to exec in container: ${errorMessage(error)}`,
    };
  } finally {
    cancel();
  }
}

/** Both streams together, cut at 10 KiB. */
export class OutputCapture {
  #bytes: number[] = [];
  readonly io: ExecIO = {
    stdin: (async function* () {})(),
    stdout: (chunk) => this.#add(chunk),
    stderr: (chunk) => this.#add(chunk),
    resizes: (async function* () {})(),
  };

  text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.#bytes));
  }

  #add(chunk: Uint8Array): Promise<void> {
    this.#bytes.push(...chunk.subarray(0, outputLimitBytes - this.#bytes.length));
    return Promise.resolve();
  }
}

type HttpGet = NonNullable<DeepReadonly<Probe>['httpGet']>;

export function httpRequest(action: HttpGet, target: ProbeTarget): HttpProbe {
  const path = action.path === undefined || action.path === '' ? '/' : action.path;
  const headers = (action.httpHeaders ?? []).map(({ name, value }) => ({ name, value }));
  const has = (name: string): boolean => headers.some((header) => header.name.toLowerCase() === name);
  return {
    scheme: (action.scheme ?? 'HTTP').toLowerCase() === 'https' ? 'https' : 'http',
    host: action.host === undefined || action.host === '' ? target.podIP : action.host,
    port: resolvePort(action.port, target.container),
    path: path.startsWith('/') ? path : `/${path}`,
    headers: [
      ...(has('user-agent') ? [] : [{ name: 'User-Agent', value: 'kube-probe/1.36' }]),
      ...(has('accept') ? [] : [{ name: 'Accept', value: '*/*' }]),
      ...headers,
    ],
  };
}

/** A number, or the name of one of the container's ports. */
function resolvePort(port: string | number, container: ReadonlyContainer): number {
  const number = typeof port === 'number' ? port : Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  const named = container.ports?.find(({ name }) => name === port);
  if (named === undefined) throw new Error(`couldn't find port: "${port}" in container "${container.name}"`);
  return named.containerPort;
}

async function httpProbe(transport: ProbeTransport, request: HttpProbe, timeoutMs: number): Promise<ProbeOutcome> {
  const host = request.host.includes(':') ? `[${request.host}]` : request.host;
  try {
    const answer = await transport.http(request, timeoutMs);
    if (answer.location !== undefined)
      return { result: 'warning', output: `Probe terminated redirects, Response body: ${answer.body}` };
    if (answer.status >= 200 && answer.status < 400) return { result: 'success', output: answer.body };
    return { result: 'failure', output: `HTTP probe failed with statuscode: ${answer.status}` };
  } catch (error) {
    return {
      result: 'failure',
      output: `Get "${request.scheme}://${host}:${request.port}${request.path}": ${errorMessage(error)}`,
    };
  }
}

async function tcpProbe(
  transport: ProbeTransport,
  { host, port }: { host: string; port: number },
  timeoutMs: number,
): Promise<ProbeOutcome> {
  try {
    await transport.tcp(host, port, timeoutMs);
    return { result: 'success', output: '' };
  } catch (error) {
    return { result: 'failure', output: errorMessage(error) };
  }
}

async function grpcProbe(
  transport: ProbeTransport,
  { host, port, service }: { host: string; port: number; service: string },
  timeoutMs: number,
): Promise<ProbeOutcome> {
  try {
    const status = await transport.grpc(host, port, { service, timeoutMs });
    if (status === 'SERVING') return { result: 'success', output: 'service healthy' };
    return { result: 'failure', output: `service unhealthy (responded with "${status}")` };
  } catch (error) {
    return { result: 'failure', output: errorMessage(error) };
  }
}
