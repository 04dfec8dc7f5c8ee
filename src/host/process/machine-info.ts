/** Facts about the machine for the Node object. */
import { readFileSync, statfsSync } from 'node:fs';
import { cpus, hostname, release, totalmem } from 'node:os';
import { createHash } from 'node:crypto';
import type { MachineInfo } from '#kubelet/machine.ts';

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** `storagePath`: on the file system that images and volumes use. */
export function machineInfo(storagePath: string): MachineInfo {
  const disk = statfsSync(storagePath);
  const machineId =
    firstOf(['/etc/machine-id', '/var/lib/dbus/machine-id']) ?? createHash('md5').update(hostname()).digest('hex');
  return {
    cpus: cpus().length,
    memoryBytes: totalmem(),
    ephemeralStorageBytes: disk.blocks * disk.bsize,
    hostname: hostname().toLowerCase(),
    os: process.platform,
    architecture: architectures[process.arch] ?? process.arch,
    kernelVersion: release(),
    osImage: osImage(),
    machineId,
    systemUuid: firstOf(['/sys/class/dmi/id/product_uuid', '/proc/sys/kernel/random/boot_id']) ?? machineId,
    bootId: firstOf(['/proc/sys/kernel/random/boot_id']) ?? '',
  };
}

function osImage(): string {
  const text = firstOf(['/etc/os-release', '/usr/lib/os-release']) ?? '';
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? 'Linux';
}

function firstOf(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    try {
      const text = readFileSync(path, 'utf8').trim();
      if (text !== '') return text;
    } catch {
      // Not on this machine.
    }
  }
  return undefined;
}
