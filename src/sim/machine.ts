/** The kubelet's ports to a machine, in memory: files, cgroups, probes. */
import type {
  CgroupHost,
  CgroupValues,
  HttpProbe,
  LogFiles,
  MachineInfo,
  ProbeTransport,
  VolumeHost,
} from '#kubelet/machine.ts';
import type { Payload } from '#kubelet/volumes/payload.ts';

export const simulatedMachine: MachineInfo = {
  cpus: 4,
  memoryBytes: 8 * 2 ** 30,
  ephemeralStorageBytes: 100 * 2 ** 30,
  hostname: 'simulated',
  os: 'linux',
  architecture: 'amd64',
  kernelVersion: '6.1.0',
  osImage: 'Simulated',
  machineId: 'simulated',
  systemUuid: 'simulated',
  bootId: 'simulated',
};

export class FakeVolumeHost implements VolumeHost {
  /** Files of payload volumes, by folder. */
  readonly payloads = new Map<string, Payload>();
  readonly files = new Map<string, string>();
  readonly directories = new Set<string>();
  readonly removed: string[] = [];

  makeDirectory(path: string): Promise<void> {
    this.directories.add(path);
    return Promise.resolve();
  }

  writePayload(directory: string, files: Payload): Promise<void> {
    this.payloads.set(directory, files);
    return Promise.resolve();
  }

  mountTmpfs(path: string): Promise<void> {
    this.directories.add(path);
    return Promise.resolve();
  }

  mount(path: string): Promise<void> {
    this.directories.add(path);
    return Promise.resolve();
  }

  writeFile(path: string, text: string): Promise<void> {
    this.files.set(path, text);
    return Promise.resolve();
  }

  fileType(path: string): Promise<'file' | 'directory' | undefined> {
    return Promise.resolve(this.files.has(path) ? 'file' : this.directories.has(path) ? 'directory' : undefined);
  }

  setGroup(): Promise<void> {
    return Promise.resolve();
  }

  resolveSubPath(volume: string, subPath: string): Promise<string> {
    return Promise.resolve(`${volume}/${subPath}`);
  }

  removeTree(path: string): Promise<void> {
    this.removed.push(path);
    const isBelow = (other: string): boolean => other === path || other.startsWith(`${path}/`);
    for (const map of [this.payloads, this.files]) for (const key of map.keys()) if (isBelow(key)) map.delete(key);
    for (const key of this.directories) if (isBelow(key)) this.directories.delete(key);
    return Promise.resolve();
  }

  readTail(path: string, limitBytes: number): Promise<Uint8Array | undefined> {
    const text = this.files.get(path);
    return Promise.resolve(text === undefined ? undefined : new TextEncoder().encode(text).slice(-limitBytes));
  }

  diskUsage(): Promise<{ capacityBytes: number; availableBytes: number }> {
    return Promise.resolve({ capacityBytes: 100 * 2 ** 30, availableBytes: 50 * 2 ** 30 });
  }

  resolvConf(): Promise<string> {
    return Promise.resolve('nameserver 192.0.2.1\nsearch example.com\n');
  }
}

/** Log files that a test fills. */
export class FakeLogFiles implements LogFiles {
  readonly #files = new Map<string, Uint8Array>();
  readonly #watchers = new Map<string, Set<() => void>>();

  append(path: string, text: string): void {
    const before = this.#files.get(path) ?? new Uint8Array(0);
    const added = new TextEncoder().encode(text);
    const joined = new Uint8Array(before.length + added.length);
    joined.set(before);
    joined.set(added, before.length);
    this.#files.set(path, joined);
    for (const onChange of this.#watchers.get(path) ?? []) onChange();
  }

  size(path: string): Promise<number | undefined> {
    return Promise.resolve(this.#files.get(path)?.length);
  }

  read(path: string, offset: number, limitBytes: number): Promise<Uint8Array> {
    return Promise.resolve((this.#files.get(path) ?? new Uint8Array(0)).slice(offset, offset + limitBytes));
  }

  rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(from);
    if (file === undefined) return Promise.reject(new Error(`no such file: ${from}`));
    this.#files.delete(from);
    this.#files.set(to, file);
    for (const onChange of this.#watchers.get(from) ?? []) onChange();
    return Promise.resolve();
  }

  rotated(path: string): Promise<string[]> {
    return Promise.resolve([...this.#files.keys()].filter((name) => name.startsWith(`${path}.`)).sort());
  }

  compress(path: string): Promise<void> {
    return this.rename(path, `${path}.gz`);
  }

  remove(path: string): Promise<void> {
    this.#files.delete(path);
    return Promise.resolve();
  }

  watch(path: string, onChange: () => void): () => void {
    const watchers = this.#watchers.get(path) ?? new Set();
    this.#watchers.set(path, watchers.add(onChange));
    return () => watchers.delete(onChange);
  }
}

export class FakeCgroups implements CgroupHost {
  readonly cgroups = new Map<string, CgroupValues>();

  ensure(path: string, values: CgroupValues): Promise<void> {
    this.cgroups.set(path, { ...this.cgroups.get(path), ...values });
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    this.cgroups.delete(path);
    return Promise.resolve();
  }
}

export class FakeProbes implements ProbeTransport {
  /** The answer to HTTP probes: a status, or the error's text. */
  onHttp: (probe: HttpProbe) => number | string = () => 200;

  http(probe: HttpProbe): Promise<{ status: number; body: string }> {
    const answer = this.onHttp(probe);
    return typeof answer === 'string'
      ? Promise.reject(new Error(answer))
      : Promise.resolve({ status: answer, body: '' });
  }

  tcp(): Promise<void> {
    return Promise.resolve();
  }

  grpc(): Promise<string> {
    return Promise.resolve('SERVING');
  }

  dial(): Promise<never> {
    return Promise.reject(new Error('nothing listens on a simulated machine'));
  }
}
