/** An executable that manifests go through: standard input to standard output. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** What the executable prints. Rejects with its words if it fails, or prints nothing. */
export async function runPostRenderer(name: string, args: readonly string[], manifests: string): Promise<string> {
  const child = spawn(executablePath(name), [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const [said, complained]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complained.push(chunk));
  // The executable may end without reading everything.
  child.stdin.on('error', () => {});
  child.stdin.end(manifests);
  const failure = await new Promise<string | undefined>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('close', (code, signal) =>
      done(code === 0 ? undefined : signal ? `signal: ${signal}` : `exit status ${code}`),
    );
  });
  const text = Buffer.concat(said).toString();
  const words = Buffer.concat(complained).toString();
  if (failure !== undefined)
    throw new Error(`error while running command ${name}. error output:\n${words}: ${failure}`);
  if (text.trim() === '') throw new Error(`post-renderer ${JSON.stringify(name)} produced empty output`);
  return text;
}

/** As the shell finds it; a path is taken as it stands. Throws if there is no such file. */
export function executablePath(name: string): string {
  if (name.includes('/')) {
    if (existsSync(name)) return isAbsolute(name) ? name : resolve(name);
  } else {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter))
      if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error(`unable to find binary at ${resolve(name)}`);
}
