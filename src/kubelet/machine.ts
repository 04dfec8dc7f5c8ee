/** The ports to the machine besides the container runtime: folders and mounts, cgroups, probes, facts about the node. */
import type { Duplex } from '#base/streams.ts';
import type { FilesystemMount } from '#kubelet/runtime.ts';
import type { Payload } from '#kubelet/volumes/payload.ts';

export type FileType = 'directory' | 'file' | 'socket' | 'character' | 'block';

/** Files and mounts below the agent's own folders, and look-ups outside of them. Paths are absolute. */
export interface VolumeHost {
  /** With its parents; the mode is that of the last one, whatever the umask. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /** Replaces the folder's files at once: readers see the old set or the new one. Group and owner as given. */
  writePayload(directory: string, files: Payload, owner: { readonly gid?: number }): Promise<void>;
  /** A file system in memory; undefined size: half of the machine's memory. Mounted already: nothing happens. */
  mountTmpfs(path: string, sizeBytes: number | undefined): Promise<void>;
  /** Mounts file systems over a folder that is made for them, in order. Mounted already: nothing happens. */
  mount(path: string, mounts: readonly FilesystemMount[]): Promise<void>;
  writeFile(path: string, text: string, mode: number): Promise<void>;
  fileType(path: string): Promise<FileType | undefined>;
  /** Gives a folder and what is in it to a group: group read and write, setgid on folders. */
  setGroup(path: string, gid: number): Promise<void>;
  /** The path of `subPath` in a volume, made as a folder if it is not there. Rejects when it leaves the volume. */
  resolveSubPath(volume: string, subPath: string): Promise<string>;
  /** Unmounts everything below and removes the tree; absent is fine. */
  removeTree(path: string): Promise<void>;
  /** The last bytes of a file; undefined if it is not there. */
  readTail(path: string, limitBytes: number): Promise<Uint8Array | undefined>;
  /** Of the file system that holds the folder; available to anybody. */
  diskUsage(path: string): Promise<{ readonly capacityBytes: number; readonly availableBytes: number }>;
  /** The node's own /etc/resolv.conf. */
  resolvConf(): Promise<string>;
}

/** Follows log files as they grow. */
export interface LogFiles {
  size(path: string): Promise<number | undefined>;
  /** Bytes from `offset` to the end of the file as it is now; empty if there are none. */
  read(path: string, offset: number, limitBytes: number): Promise<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
  /** Paths of what was renamed from this log: `path.*`, the oldest first. */
  rotated(path: string): Promise<string[]>;
  /** Becomes `path.gz`. */
  compress(path: string): Promise<void>;
  /** Absent is fine. */
  remove(path: string): Promise<void>;
  /** Calls back when the file may have grown or was renamed. Answers cancel. */
  watch(path: string, onChange: () => void): () => void;
}

export interface CgroupValues {
  readonly cpuShares?: number;
  /** Microseconds per period; -1: no limit. */
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryLimitBytes?: number;
  readonly pidsLimit?: number;
}
/** The hierarchy of cgroups above the containers; `path` is as given to the runtime: `/wheelhouse-1/kubepods/besteffort/pod…`. */
export interface CgroupHost {
  ensure(path: string, values: CgroupValues): Promise<void>;
  remove(path: string): Promise<void>;
}

export interface HttpProbe {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** With the query. */
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}
/** Rejections carry the text that a Go client would give: `dial tcp 10.0.0.1:80: connect: connection refused`. */
export interface ProbeTransport {
  /** Follows redirects on the same host; `location` is set for one that leads away. */
  http(
    probe: HttpProbe,
    timeoutMs: number,
  ): Promise<{ readonly status: number; readonly body: string; readonly location?: string }>;
  tcp(host: string, port: number, timeoutMs: number): Promise<void>;
  /** The health service's answer: `SERVING`, `NOT_SERVING`, `UNKNOWN`, `SERVICE_UNKNOWN`. */
  grpc(host: string, port: number, options: { readonly service: string; readonly timeoutMs: number }): Promise<string>;
  dial(host: string, port: number): Promise<Duplex>;
}

/** What the node is; read once at the start. */
export interface MachineInfo {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
  readonly hostname: string;
  readonly os: string;
  /** Go's names: amd64, arm64. */
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
}
