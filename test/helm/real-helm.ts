/** Real helm beside ours: which one, and how a line runs by either. */
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runHelm } from '#cmd/helm/run.ts';

/** The path of helm 3.22, or why there is none here. */
export const realHelm: { readonly path: string } | { readonly missing: string } = findHelm();

function findHelm(): { readonly path: string } | { readonly missing: string } {
  try {
    const script = join(import.meta.dirname, '../../tools/helm.sh');
    return { path: execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim() };
  } catch (error) {
    return { missing: String((error as { stderr?: string }).stderr ?? error).trim() };
  }
}

/** What a line did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables that both get: nothing of this user's own Helm. */
export function environmentOf(home: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_DATA_HOME: join(home, 'data'),
    KUBECONFIG: join(home, 'kubeconfig'),
    ...extra,
  };
}

/** Real helm's outcome. */
export function theirs(line: readonly string[], cwd: string, env: Record<string, string>): Promise<Outcome> {
  if ('missing' in realHelm) throw new Error(realHelm.missing);
  const { path } = realHelm;
  return new Promise((resolve) => {
    const child = execFile(path, line, { cwd, env, maxBuffer: 1 << 26 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

/** Ours, in this process: the working folder is changed for the time of the run. */
export async function ours(line: readonly string[], cwd: string, env: Record<string, string>): Promise<Outcome> {
  const before = process.cwd();
  process.chdir(cwd);
  let [stdout, stderr] = ['', ''];
  try {
    const code = await runHelm(line, {
      environment: env,
      write: (text) => void (stdout += text),
      warn: (text) => void (stderr += `${text}\n`),
      writeError: (text) => void (stderr += text),
    });
    return { code, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}

/** Files below a folder: path to mode and text. */
export function treeOf(folder: string): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = (statSync(path).mode & 0o777).toString(8);
    tree[path.slice(folder.length + 1)] = entry.isFile() ? `${mode} ${readFileSync(path, 'utf8')}` : `${mode} folder`;
  }
  return tree;
}

/** A new folder with these files; the caller removes it. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-helm-'));
  fill(folder, files);
  return folder;
}

/** Makes a folder hold just these files. */
export function fill(folder: string, files: Readonly<Record<string, string>>): void {
  if (existsSync(folder)) for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 });
  }
}
