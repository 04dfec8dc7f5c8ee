/**
 * One long-lived `nft -i`: each line is a transaction. A line of nonsense after it is a cheap marker of its end, because
 * nft echoes it in a parse error on stderr; what came on stderr before the marker is the transaction's error.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** Invariants: 1. transactions run in order, one at a time; 2. a died nft fails the waiting one and is started again by the next. */
export class NftSession {
  #child: ChildProcess | undefined;
  #stderr = '';
  #counter = 0;
  #waiting: { marker: string; resolve: () => void; reject: (error: Error) => void } | undefined;
  #tail: Promise<void> = Promise.resolve();

  /** Runs the commands as one transaction. Rejects with nft's words; nothing was changed then. */
  run(commands: readonly string[]): Promise<void> {
    const result = this.#tail.then(() => this.#runNow(commands));
    this.#tail = result.catch(() => {});
    return result;
  }

  async close(): Promise<void> {
    await this.#tail;
    this.#child?.stdin?.end();
    this.#child = undefined;
  }

  #runNow(commands: readonly string[]): Promise<void> {
    const child = this.#child ?? this.#start();
    const marker = `wheelhouse-marker-${++this.#counter}`;
    this.#stderr = '';
    return new Promise((resolve, reject) => {
      this.#waiting = { marker, resolve, reject };
      child.stdin?.write(`${commands.join('; ')}\n${marker}\n`);
    });
  }

  #start(): ChildProcess {
    const child = spawn('nft', ['-i'], { stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    child.stdin?.on('error', () => {});
    const gone = (why: string): void => {
      if (this.#child === child) this.#child = undefined;
      this.#settle(new Error(why));
    };
    child.on('error', (error) => gone(`nft could not be started: ${error.message}`));
    child.on('exit', () => gone(`nft ended: ${this.#stderr.trim()}`));
    return child;
  }

  #read(text: string): void {
    this.#stderr += text;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const at = this.#stderr.indexOf(waiting.marker);
    if (at < 0) return;
    // The last error before the marker is the marker's own.
    const errors = this.#stderr
      .slice(0, at)
      .split('\n')
      .filter((line) => line.includes('Error'))
      .slice(0, -1)
      .join('; ');
    this.#settle(errors === '' ? undefined : new Error(`nft: ${errors}`));
  }

  #settle(error: Error | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(error);
  }
}
