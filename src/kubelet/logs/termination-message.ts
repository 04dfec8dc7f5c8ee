/** What an ended container leaves in its status: its termination file, or the end of its log where the policy says so. */
import type { LogFiles, VolumeHost } from '#kubelet/machine.ts';
import { annotations } from '#kubelet/pods/pod-runtime.ts';
import type { ContainerStatus } from '#kubelet/runtime.ts';
import { CriLogParser, concat } from '#kubelet/logs/cri-log.ts';

const fileLimitBytes = 4096;
const logLimitBytes = 2048;
const logLimitLines = 80;

export async function withTerminationMessage(
  status: ContainerStatus,
  host: VolumeHost,
  files: LogFiles,
): Promise<ContainerStatus> {
  const path = status.annotations[annotations.terminationMessagePath] ?? '';
  const mount = status.mounts.find(({ containerPath }) => containerPath === path);
  const bytes = mount === undefined || path === '' ? undefined : await host.readTail(mount.hostPath, fileLimitBytes);
  let text = bytes === undefined ? '' : new TextDecoder().decode(bytes);
  const fallsBack =
    status.annotations[annotations.terminationMessagePolicy] === 'FallbackToLogsOnError' && status.exitCode !== 0;
  if (text === '' && fallsBack) text = await logTail(status.logPath, files);
  if (text === '') return status;
  return { ...status, message: status.message === '' ? text : `${status.message}: ${text}` };
}

async function logTail(path: string, files: LogFiles): Promise<string> {
  const size = (await files.size(path)) ?? 0;
  const from = Math.max(0, size - 64 * 1024);
  const lines = new CriLogParser().push(await files.read(path, from, size - from)).slice(-logLimitLines);
  const text = concat(
    ...lines.flatMap(({ content, isFull }) => (isFull ? [content, new Uint8Array([10])] : [content])),
  );
  return new TextDecoder().decode(text.subarray(Math.max(0, text.length - logLimitBytes)));
}
