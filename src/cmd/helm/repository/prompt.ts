/** Questions on the terminal. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { HelmContext } from '#cmd/helm/context.ts';
import { ChartError } from '#platform/charts/chart.ts';

/** Asks for a line without showing it. Rejects with {@link ChartError} where nobody can be asked. */
export async function askSecret(question: string, context: Pick<HelmContext, 'write'>): Promise<string> {
  context.write(question);
  if (process.stdin.isTTY !== true) {
    context.write('\n');
    throw new ChartError('inappropriate ioctl for device');
  }
  const answer = await readLine(new Writable({ write: (_chunk, _encoding, done) => done() }));
  context.write('\n');
  return answer;
}

/** Asks for a line. */
export async function askLine(question: string, context: Pick<HelmContext, 'write'>): Promise<string> {
  context.write(question);
  return readLine(process.stdout);
}

function readLine(output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY === true });
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => reject(new ChartError('EOF')));
  });
}
