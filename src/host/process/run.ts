/** Runs a program to its end. */
import { execFile } from 'node:child_process';

export class CommandError extends Error {
  override name = 'CommandError';
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(command: string, exitCode: number | undefined, stderr: string) {
    super(`${command}: ${stderr.trim() === '' ? `exit status ${exitCode}` : stderr.trim()}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Resolves with its standard output; throws CommandError when it fails. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { encoding: 'utf8', timeout: options.timeoutMs ?? 60_000, maxBuffer: 16 << 20 } as const;
    execFile(command, args, limits, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(
          new CommandError(
            [command, ...args].join(' '),
            typeof error.code === 'number' ? error.code : undefined,
            stderr === '' ? error.message : stderr,
          ),
        );
    });
  });
}
