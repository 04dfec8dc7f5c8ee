/**
 * Removes images that nothing uses when the disk fills up, with upstream's defaults: from 85 % on, down to 80 %, the ones
 * unused for the longest time first, none that came within the last two minutes.
 * @see https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-garbage-collection
 */
import type { Clock } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { VolumeHost } from '#kubelet/machine.ts';
import type { ContainerStatus, ImageStatus, Runtime } from '#kubelet/runtime.ts';

const limits = { highPercent: 85, lowPercent: 80, minimumAgeMs: 120_000 };

export interface ImageCollectorPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly runtime: Pick<Runtime, 'listImages' | 'removeImage'>;
  readonly host: Pick<VolumeHost, 'diskUsage'>;
  /** A folder on the disk that holds the images. */
  readonly directory: string;
  containers(): readonly ContainerStatus[];
  /** References of the image volumes of the node's pods. */
  volumeImages(): readonly string[];
  event(reason: string, message: string): void;
}
interface Seen {
  readonly firstMs: number;
  lastUsedMs: number;
}

/** 1. An image that a container or a pod's volume names, or that no registry has (localhost/…: the sandbox's, too), stays. */
export class ImageCollector {
  readonly #ports: ImageCollectorPorts;
  readonly #seen = new Map<string, Seen>();

  constructor(ports: ImageCollectorPorts) {
    this.#ports = ports;
  }

  /** Called every few minutes; never rejects. */
  async look(): Promise<void> {
    try {
      const { host, directory, runtime } = this.#ports;
      const unused = this.#observe(await runtime.listImages());
      const { capacityBytes, availableBytes } = await host.diskUsage(directory);
      const usedPercent = 100 - Math.floor((availableBytes * 100) / capacityBytes);
      if (capacityBytes === 0 || usedPercent < limits.highPercent) return;
      const wantedBytes = Math.floor((capacityBytes * (100 - limits.lowPercent)) / 100) - availableBytes;
      this.#ports.log.info('the disk fills up: images that nothing uses go', { usedPercent, wantedBytes });
      const freedBytes = await this.#free(unused, wantedBytes);
      if (freedBytes < wantedBytes)
        this.#ports.event(
          'FreeDiskSpaceFailed',
          `Failed to garbage collect required amount of images. Attempted to free ${wantedBytes} bytes, but only found ${freedBytes} bytes eligible to free.`,
        );
    } catch (error) {
      this.#ports.log.warn('could not look after images', { error: errorMessage(error) });
    }
  }

  /** Notes what is used now; answers the others, the one unused for the longest time first. */
  #observe(images: readonly ImageStatus[]): ImageStatus[] {
    const nowMs = this.#ports.clock.now();
    const used = new Set(this.#ports.containers().flatMap(({ image, imageId }) => [image, imageId]));
    for (const reference of this.#ports.volumeImages()) used.add(reference);
    const ids = new Set(images.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    const unused: ImageStatus[] = [];
    for (const image of images) {
      const seen = this.#seen.get(image.id) ?? { firstMs: nowMs, lastUsedMs: 0 };
      this.#seen.set(image.id, seen);
      if (isUsed(image, used)) seen.lastUsedMs = nowMs;
      else unused.push(image);
    }
    const lastUse = ({ id }: ImageStatus): Seen => this.#seen.get(id) as Seen;
    return unused
      .filter((image) => nowMs - lastUse(image).firstMs >= limits.minimumAgeMs && !isOnlyHere(image))
      .sort((a, b) => lastUse(a).lastUsedMs - lastUse(b).lastUsedMs || lastUse(a).firstMs - lastUse(b).firstMs);
  }

  async #free(images: readonly ImageStatus[], wantedBytes: number): Promise<number> {
    let freedBytes = 0;
    for (const image of images) {
      if (freedBytes >= wantedBytes) break;
      try {
        await this.#ports.runtime.removeImage(image.id);
        this.#seen.delete(image.id);
        freedBytes += image.sizeBytes;
      } catch (error) {
        this.#ports.log.warn('could not remove an image', { image: image.id, error: errorMessage(error) });
      }
    }
    return freedBytes;
  }
}

function isUsed({ id, tags, digests }: ImageStatus, used: ReadonlySet<string>): boolean {
  return used.has(id) || tags.some((tag) => used.has(tag)) || digests.some((digest) => used.has(digest));
}

/** Built or imported on this machine: there is nowhere to pull it from again. */
function isOnlyHere({ tags }: ImageStatus): boolean {
  return tags.some((tag) => tag.startsWith('localhost/'));
}
