/** Two users side by side, one with real helm and one with ours: the same lines in the same folders, the same outcome wanted. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Outcome } from './real-helm.ts';
import { environmentOf, ours, realHelm, treeOf } from './real-helm.ts';

/** Why there is nothing to compare with; false if there is. */
export const skipWithoutHelm: string | false = 'missing' in realHelm ? realHelm.missing : false;

/** How a line is compared. */
export interface Comparison {
  /** Why standard error is not compared. */
  readonly words?: string;
  /** Lines of standard output come in any order: repositories are asked at the same time. */
  readonly order?: 'any';
  /** Standard input: both run as processes. */
  readonly input?: string;
}

const fileTime = new Date('2020-02-02T02:02:02Z');

/** Two folders, `ours` and `theirs`, each with a `home` and a `work`; lines run in `work`. */
export class Worlds {
  readonly root = mkdtempSync(join(tmpdir(), 'wheelhouse-worlds-'));
  readonly #env: Readonly<Record<string, string>>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = env;
    for (const who of ['ours', 'theirs'] as const) {
      mkdirSync(join(this.folder(who), 'work'), { recursive: true });
      mkdirSync(join(this.folder(who), 'home'), { recursive: true });
    }
  }

  folder(who: 'ours' | 'theirs'): string {
    return join(this.root, who);
  }

  /** A path below `work`. */
  path(who: 'ours' | 'theirs', name: string): string {
    return join(this.folder(who), 'work', name);
  }

  /** Writes the same file for both. */
  write(name: string, data: string | Uint8Array): void {
    for (const who of ['ours', 'theirs'] as const) {
      const path = this.path(who, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data);
      utimesSync(path, fileTime, fileTime);
    }
  }

  /** Removes a file or folder of both. */
  remove(name: string): void {
    for (const who of ['ours', 'theirs'] as const) rmSync(this.path(who, name), { recursive: true, force: true });
  }

  async ours(line: readonly string[]): Promise<Outcome> {
    const home = join(this.folder('ours'), 'home');
    return this.#normal('ours', await ours(line, join(this.folder('ours'), 'work'), environmentOf(home, this.#env)));
  }

  /** Ours as a process of its own, which is the only one that has a standard input. */
  async oursAsProcess(line: readonly string[], input: string): Promise<Outcome> {
    // Node's compiled code is kept outside the folders that are compared.
    const cache = { XDG_CACHE_HOME: join(this.folder('ours'), 'compiled') };
    const env = environmentOf(join(this.folder('ours'), 'home'), { ...this.#env, ...cache });
    const main = join(import.meta.dirname, '../../bin/wheelhouse.js');
    const how = { cwd: join(this.folder('ours'), 'work'), env, input };
    return this.#normal('ours', await runProcess(process.execPath, [main, 'helm', ...line], how));
  }

  async theirs(line: readonly string[], input = ''): Promise<Outcome> {
    const home = join(this.folder('theirs'), 'home');
    const env = environmentOf(home, this.#env);
    return this.#normal(
      'theirs',
      await runProcess(helmPath(), line, { cwd: join(this.folder('theirs'), 'work'), env, input }),
    );
  }

  #normal(who: 'ours' | 'theirs', { code, stdout, stderr }: Outcome): Outcome {
    const plain = (text: string): string =>
      text
        .replaceAll(this.folder(who), '$WORLD')
        .replaceAll(/tmpcharts-\d+/g, 'tmpcharts-N')
        .replaceAll(/helm-[0-9A-Za-z]{6,10}\b(?=\/)/g, 'helm-N')
        .replaceAll(/^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d |\w+\.go:\d+: )/gm, '');
    return { code, stdout: plain(stdout), stderr: plain(stderr) };
  }

  /** Runs a line by both and wants the same exit code and output. */
  async same(line: string | readonly string[], comparison: Comparison = {}): Promise<Outcome> {
    const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
    const { input } = comparison;
    const mine = input === undefined ? await this.ours(words) : await this.oursAsProcess(words, input);
    const real = await this.theirs(words, input);
    const shown = (outcome: Outcome): unknown => ({
      code: outcome.code,
      stdout: comparison.order === 'any' ? outcome.stdout.split('\n').sort() : outcome.stdout,
      ...(comparison.words === undefined ? { stderr: outcome.stderr } : {}),
    });
    assert.deepEqual(shown(mine), shown(real), words.join(' '));
    return mine;
  }

  /** The files of both below `work` (or another folder of the world), with what differs by nature taken out by `plain`. */
  sameFiles(plain: (text: string, path: string) => string = (text) => text, below = 'work'): Record<string, string> {
    const tree = (who: 'ours' | 'theirs'): Record<string, string> => {
      const folder = join(this.folder(who), below);
      if (!existsSync(folder)) return {};
      return Object.fromEntries(
        Object.entries(treeOf(folder)).map(([path, text]) => [
          path,
          plain(text.replaceAll(this.folder(who), '$WORLD'), path),
        ]),
      );
    };
    const [mine, real] = [tree('ours'), tree('theirs')];
    assert.deepEqual(mine, real);
    return mine;
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function helmPath(): string {
  if ('missing' in realHelm) throw new Error(realHelm.missing);
  return realHelm.path;
}

function runProcess(
  program: string,
  line: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly input: string },
): Promise<Outcome> {
  // What spawn calls a pipe is a socket; Helm asks for a real one.
  const script = ['-c', 'cat | "$0" "$@"', program, ...line];
  const child = spawn('/bin/sh', script, { cwd: options.cwd, env: options.env, stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(options.input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** Times and digests of archives, which differ from run to run. */
export function timeless(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, 'TIME')
    .replaceAll(/[0-9a-f]{64}/g, 'DIGEST');
}
