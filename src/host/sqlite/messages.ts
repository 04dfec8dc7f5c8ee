/** What the main thread and the worker say to each other. Buffers are transferred. */
import type { Fault } from '#host/sqlite/faults.ts';

export type ToWorker =
  /** Batches of an epoch that the worker has left (one of its batches failed) are passed over in silence. */
  | {
      readonly kind: 'commit';
      readonly epoch: number;
      readonly batch: Uint8Array<ArrayBuffer>;
      readonly ceiling?: number | undefined;
    }
  | { readonly kind: 'probe' }
  | { readonly kind: 'close'; readonly rest: Uint8Array<ArrayBuffer>; readonly revision: number }
  | { readonly kind: 'fault'; readonly fault: Fault };

export type FromWorker =
  | { readonly kind: 'chunk'; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'loaded'; readonly revision: number; readonly ceiling: number }
  | { readonly kind: 'refused'; readonly sentence: string }
  | { readonly kind: 'committed' }
  /** The disk is full: the batch was rolled back, and those behind it in its epoch are not going to be written. */
  | { readonly kind: 'full'; readonly message: string }
  | { readonly kind: 'probed'; readonly isWritable: boolean }
  | { readonly kind: 'closed' }
  | { readonly kind: 'notClosed'; readonly message: string }
  /** The worker writes nothing more. */
  | { readonly kind: 'fatal'; readonly sentence: string };

/** What the worker is started with. */
export interface WorkerStart {
  readonly file: string;
  /** How far ahead of the newest revision the first ceiling is. */
  readonly ceilingStep: number;
}
