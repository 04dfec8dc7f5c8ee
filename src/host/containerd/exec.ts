/**
 * A further process in a container through containerd's tasks service: FIFOs carry its streams, CloseIO the end of stdin,
 * Wait the exit code. (CRI's own exec goes through an SPDY server that cannot half-close.)
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { ExecIO, ExecRequest, TerminalSize } from '#api/node-connection.ts';
import { run } from '#host/process/run.ts';
import { type GrpcClient, isGrpcNotFound } from '#host/containerd/grpc.ts';

interface Target {
  readonly grpc: GrpcClient;
  readonly scratchDirectory: string;
  readonly containerId: string;
}
interface ProcessId {
  readonly containerId: string;
  readonly execId: string;
}

const tasks = 'containerd.services.tasks.v1.Tasks/';
const processType = 'types.containerd.io/opencontainers/runtime-spec/1/Process';
/** A child left in the background may hold the output open: after the exit, silence this long counts as the end. */
const lingerMs = 2_000;

/** Resolves with the exit code after all output was taken by `io`; aborting kills the process. */
export async function execInContainer(
  target: Target,
  request: Pick<ExecRequest, 'command' | 'tty' | 'stdin'>,
  io: ExecIO,
  signal: AbortSignal,
): Promise<{ exitCode: number }> {
  const id = { containerId: target.containerId, execId: randomBytes(16).toString('hex') };
  const fifos = await Fifos.create(join(target.scratchDirectory, id.execId), request);
  try {
    const value = Buffer.from(JSON.stringify(await processSpec(target, request)));
    const streams = {
      stdin: fifos.stdinPath,
      stdout: fifos.stdoutPath,
      stderr: fifos.stderrPath,
      terminal: request.tty,
    };
    await target.grpc.call(`${tasks}Exec`, { ...id, ...streams, spec: { typeUrl: processType, value } });
    return await runProcess(target.grpc, { id, fifos, io, signal });
  } finally {
    fifos.close();
    await rm(join(target.scratchDirectory, id.execId), { recursive: true, force: true });
  }
}

interface Running {
  readonly id: ProcessId;
  readonly fifos: Fifos;
  readonly io: ExecIO;
  readonly signal: AbortSignal;
}

async function runProcess(grpc: GrpcClient, { id, fifos, io, signal }: Running): Promise<{ exitCode: number }> {
  const kill = (): void => void grpc.call(`${tasks}Kill`, { ...id, signal: 9, all: false }).catch(() => undefined);
  let exited = false;
  let lastOutput = 0;
  const pump = async (socket: Socket | undefined, write: (chunk: Uint8Array) => Promise<void>): Promise<void> => {
    if (socket === undefined) return;
    for await (const chunk of socket) {
      lastOutput = performance.now();
      await write(chunk as Uint8Array);
      lastOutput = performance.now();
    }
  };
  try {
    const output = Promise.all([
      pump(fifos.stdout, (chunk) => io.stdout(chunk)),
      pump(fifos.stderr, (chunk) => io.stderr(chunk)),
    ]);
    output.catch(kill);
    await grpc.call(`${tasks}Start`, id);
    fifos.started();
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    void feed(grpc, id, fifos, io).catch(() => undefined);
    void resize(grpc, id, io.resizes).catch(() => undefined);
    const { exitStatus } = await grpc.call<{ exitStatus: number }>(`${tasks}Wait`, id);
    exited = true;
    lastOutput = performance.now();
    await Promise.race([
      output,
      silence(
        () => lastOutput,
        () => !exited,
      ),
    ]);
    signal.throwIfAborted();
    return { exitCode: exitStatus };
  } finally {
    signal.removeEventListener('abort', kill);
    exited = false;
    await grpc.call(`${tasks}DeleteProcess`, id).catch((error) => {
      if (!isGrpcNotFound(error)) kill();
    });
  }
}

/** Resolves when there was no output for `lingerMs`, or when `isDone` says that nobody waits any more. */
function silence(lastOutput: () => number, isDone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      const leftMs = lastOutput() + lingerMs - performance.now();
      if (leftMs <= 0 || isDone()) resolve();
      else setTimeout(check, Math.max(leftMs, 10)).unref();
    };
    setTimeout(check, lingerMs).unref();
  });
}

async function feed(grpc: GrpcClient, id: ProcessId, fifos: Fifos, io: ExecIO): Promise<void> {
  if (fifos.stdin === undefined) return;
  for await (const chunk of io.stdin) await fifos.write(chunk);
  await fifos.endStdin();
  await grpc.call(`${tasks}CloseIO`, { ...id, stdin: true });
}

async function resize(grpc: GrpcClient, id: ProcessId, sizes: AsyncIterable<TerminalSize>): Promise<void> {
  for await (const { width, height } of sizes) await grpc.call(`${tasks}ResizePty`, { ...id, width, height });
}

/** The container's own process with another command: same user, capabilities, environment, limits. */
async function processSpec(target: Target, request: Pick<ExecRequest, 'command' | 'tty'>): Promise<object> {
  interface Process {
    env?: string[];
    [field: string]: unknown;
  }
  type Answer = { container: { spec: { value: Uint8Array } | null } };
  const answer = await target.grpc.call<Answer>('containerd.services.containers.v1.Containers/Get', {
    id: target.containerId,
  });
  const spec = JSON.parse(Buffer.from(answer.container.spec?.value ?? []).toString('utf8')) as { process: Process };
  const env = spec.process.env ?? [];
  return {
    ...spec.process,
    args: request.command,
    terminal: request.tty,
    env: request.tty && !env.some((entry) => entry.startsWith('TERM=')) ? [...env, 'TERM=xterm'] : env,
  };
}

/**
 * The FIFOs of one process.
 * 1. Until `started`, both ends of the output FIFOs are held open here, so that the reader does not see an early end.
 */
class Fifos {
  readonly stdinPath: string;
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly stdin: Socket | undefined;
  readonly stdout: Socket;
  readonly stderr: Socket | undefined;
  #keepers: number[] = [];

  private constructor(directory: string, request: { readonly tty: boolean; readonly stdin: boolean }) {
    this.stdinPath = request.stdin ? join(directory, 'in') : '';
    this.stdoutPath = join(directory, 'out');
    this.stderrPath = request.tty ? '' : join(directory, 'err');
    this.stdout = this.#reader(this.stdoutPath);
    this.stderr = request.tty ? undefined : this.#reader(this.stderrPath);
    if (request.stdin) {
      const fd = openSync(this.stdinPath, constants.O_RDWR | constants.O_NONBLOCK);
      this.stdin = new Socket({ fd, readable: false, writable: true });
      this.stdin.on('error', () => undefined);
    }
  }

  static async create(directory: string, request: { readonly tty: boolean; readonly stdin: boolean }): Promise<Fifos> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const names = ['out', ...(request.tty ? [] : ['err']), ...(request.stdin ? ['in'] : [])];
    await run(
      'mkfifo',
      names.map((name) => join(directory, name)),
    );
    return new Fifos(directory, request);
  }

  started(): void {
    for (const fd of this.#keepers) closeSync(fd);
    this.#keepers = [];
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.stdin === undefined) resolve();
      else this.stdin.write(chunk, (error) => (error == null ? resolve() : reject(error)));
    });
  }

  endStdin(): Promise<void> {
    return new Promise((resolve) => {
      if (this.stdin === undefined || this.stdin.destroyed) return resolve();
      this.stdin.once('close', () => resolve());
      this.stdin.destroy();
    });
  }

  close(): void {
    this.started();
    this.stdin?.destroy();
    this.stdout.destroy();
    this.stderr?.destroy();
  }

  #reader(path: string): Socket {
    this.#keepers.push(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  }
}
