/** A TCP connection to 127.0.0.1 inside a sandbox's network namespace: Node cannot enter one, `nsenter` and busybox `nc` can. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Duplex } from '#base/streams.ts';

interface SandboxInfo {
  readonly runtimeSpec?: {
    readonly linux?: { readonly namespaces?: readonly { readonly type: string; readonly path?: string }[] };
  };
}

/** `info` is the verbose JSON of PodSandboxStatus. A refused connection shows as an error of `readable`. */
export function forwardPort(info: string, port: number): Duplex {
  const sandbox = JSON.parse(info) as SandboxInfo;
  const path = sandbox.runtimeSpec?.linux?.namespaces?.find(({ type }) => type === 'network')?.path;
  const nc = ['busybox', 'nc', '127.0.0.1', String(port)];
  const [command = '', ...args] = path === undefined || path === '' ? nc : ['nsenter', `--net=${path}`, ...nc];
  return processDuplex(spawn(command, args, { stdio: 'pipe' }), port);
}

function processDuplex(child: ChildProcessWithoutNullStreams, port: number): Duplex {
  let errorText = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorText += text;
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
    child.once('error', () => resolve(1));
  });
  child.stdin.on('error', () => undefined);
  return {
    readable: (async function* () {
      for await (const chunk of child.stdout) yield chunk as Uint8Array;
      const code = await exited;
      if (code !== 0 && errorText !== '')
        throw new Error(`failed to connect to localhost:${port} inside the pod: ${errorText.trim()}`);
    })(),
    write: (chunk) =>
      new Promise((resolve, reject) => {
        child.stdin.write(chunk, (error) => (error == null ? resolve() : reject(error)));
      }),
    end: () => void child.stdin.end(),
    destroy: () => void child.kill('SIGKILL'),
  };
}
