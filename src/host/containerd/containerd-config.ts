/** containerd's config.toml as a value: a private root, state and socket per instance, so that two clusters share a machine. */
export interface ContainerdPaths {
  /** Content and snapshots; survives restarts. */
  readonly rootDirectory: string;
  /** Running state; a short path, because sockets below it may be 107 bytes long at most. */
  readonly stateDirectory: string;
  readonly socketPath: string;
  readonly cniConfDirectory: string;
  readonly cniBinDirectory: string;
  readonly sandboxImage: string;
  /** False where the process may not lower oom_score_adj (containers without CAP_SYS_RESOURCE). */
  /** Folders with hosts.toml per registry: mirrors, certificates. Joined by colons. */
  readonly registryDirectories: string;
  readonly canLowerOomScore: boolean;
  readonly snapshotter: 'overlayfs' | 'native';
}

/** Version 2 of the format, as containerd 1.6 and 1.7 read it (2.x migrates it). */
export function containerdConfig(paths: ContainerdPaths): string {
  const text = JSON.stringify;
  return `version = 2
root = ${text(paths.rootDirectory)}
state = ${text(paths.stateDirectory)}
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[debug]
  level = "warn"

[grpc]
  address = ${text(paths.socketPath)}

[ttrpc]
  address = ${text(`${paths.socketPath}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(`${paths.rootDirectory}/opt`)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(paths.sandboxImage)}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  restrict_oom_score_adj = ${!paths.canLowerOomScore}
  tolerate_missing_hugetlb_controller = true
  disable_apparmor = true
  max_container_log_line_size = 16384
stats_collect_period = 86400 # walks every writable layer; nobody asks
  netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = ${text(paths.snapshotter)}
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = ${text(paths.registryDirectories)}

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(paths.cniBinDirectory)}
  conf_dir = ${text(paths.cniConfDirectory)}
  max_conf_num = 1
`;
}
