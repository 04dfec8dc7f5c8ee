/** What a user did or has that cannot work: printed as one sentence, exit code 1, no stack. */
export class Failure extends Error {
  override name = 'Failure';
  readonly exitCode: number;
  /** The next command to try; shown on a terminal. */
  readonly hint: string | undefined;

  constructor(sentence: string, exitCode = 1, hint?: string) {
    super(sentence);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** On stderr, and only where a person reads it. */
export function showHint(command: string | undefined): void {
  if (command === undefined || process.stderr.isTTY !== true) return;
  process.stderr.write(`\x1b[2mtry: ${command}\x1b[0m\n`);
}

/** What the system says, and what to do about it; other errors in their own words. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const what = path ?? syscall ?? 'a file';
  switch (code) {
    case 'ENOSPC':
      return `the disk is full${path === undefined ? '' : ` (${path})`}: make room and try again`;
    case 'EROFS':
      return `${what} is on a read-only file system: choose another folder with --data-dir`;
    case 'EACCES':
    case 'EPERM':
      return `no permission for ${what}: run as root, or choose another folder with --data-dir`;
    case 'ENOENT':
      if (path === undefined) return error.message;
      return syscall === 'mkdir' ? `cannot make the folder ${path}` : `${path}: no such file or directory`;
    case 'ENOTDIR':
      return `${what} is not a folder`;
    default:
      return error.message;
  }
}

/** Runs a command's body; a Failure or a known system error ends it with one sentence on stderr. */
export async function withFailures(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (process.env['WHEELHOUSE_DEBUG'] !== undefined) process.stderr.write(`${(error as Error).stack}\n`);
    const message = sentenceOf(error);
    // A refusal of the API server is a sentence of its own.
    const isWhole = error instanceof Error && error.name === 'Refusal';
    process.stderr.write(`${isWhole ? '' : 'error: '}${message}\n`);
    if (error instanceof Failure) showHint(error.hint);
    process.exitCode = error instanceof Failure ? error.exitCode : 1;
  }
}
