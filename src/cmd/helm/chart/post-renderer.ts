/** An executable that manifests go through: standard input to standard output. */
import { spawn } from 'node:child_process';

/** What the executable prints. Rejects with its words if it fails. */
export async function runPostRenderer(name: string, args: readonly string[], manifests: string): Promise<string> {
  const child = spawn(name, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
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
  return text;
}
