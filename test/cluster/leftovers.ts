/** What a cluster that was taken down has left on the machine: processes, mounts, namespaces, links, routes, rules, groups. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { overlaps } from '#host/network/ip-command.ts';

const execute = promisify(execFile);

export interface Traces {
  readonly id: string;
  readonly dataDir: string;
  /** The names of its links while it ran. */
  readonly links: readonly string[];
}

/** The links of a running cluster: its own, and one per pod (their routes lie in its range). */
export async function linksOf(id: string, podCIDR: string | undefined): Promise<string[]> {
  const routes = JSON.parse((await execute('ip', ['-j', 'route'])).stdout || '[]') as { dst: string; dev?: string }[];
  const ofPods = routes.filter(
    ({ dst }) => podCIDR !== undefined && dst !== 'default' && overlaps(dst.includes('/') ? dst : `${dst}/32`, podCIDR),
  );
  return [`wh-${id}`, ...ofPods.flatMap(({ dev }) => (dev === undefined ? [] : [dev]))];
}

/** One line per thing found. Network namespaces show as mounts below the run folder. */
export async function leftoversOf(traces: Traces): Promise<string[]> {
  const marks = [traces.dataDir, `/run/wheelhouse/${traces.id}`, `wheelhouse-${traces.id}`];
  const isOurs = (text: string): boolean => marks.some((mark) => text.includes(mark));
  return [
    ...processes(isOurs),
    ...lines('/proc/self/mountinfo')
      .filter(isOurs)
      .map((line) => `mount ${line}`),
    ...(await links(traces.links)),
    ...(await rules(isOurs)),
    ...groups('/sys/fs/cgroup', 2, isOurs),
    ...(existsSync(`/run/wheelhouse/${traces.id}`) ? [`folder /run/wheelhouse/${traces.id}`] : []),
  ];
}

function processes(isOurs: (text: string) => boolean): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = lines(`/proc/${pid}/cmdline`).join('\n').replaceAll('\0', ' ');
      const group = lines(`/proc/${pid}/cgroup`).join('\n');
      return isOurs(command) || isOurs(group) ? [`process ${pid} ${command}`] : [];
    });
}

async function links(names: readonly string[]): Promise<string[]> {
  const all = JSON.parse((await execute('ip', ['-j', 'link'])).stdout) as { ifname: string }[];
  return all.filter(({ ifname }) => names.includes(ifname)).map(({ ifname }) => `link ${ifname}`);
}

async function rules(isOurs: (text: string) => boolean): Promise<string[]> {
  // Without root there are none.
  const { stdout } = await execute('nft', ['list', 'tables']).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .filter(isOurs)
    .map((line) => `nft ${line}`);
}

function groups(folder: string, depth: number, isOurs: (text: string) => boolean): string[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => {
    if (isOurs(name)) return [`cgroup ${join(folder, name)}`];
    return depth > 1 ? groups(join(folder, name), depth - 1, isOurs) : [];
  });
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
