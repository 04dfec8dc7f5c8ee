/**
 * Garbage that a burst of work left is collected once the work is over: an idle process allocates too little for V8 to do it by
 * itself, and would keep the memory for hours. One timer, armed by work alone: nothing ticks while nothing happens.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A heap beyond this is left to V8: collecting it at once would hold the event loop for too long. */
const maxHeapBytes = 96 << 20;

/** Returns what work calls; `quietMs` after its last call the heap is collected. Ends with the signal. */
export function collectWhenQuiet(quietMs: number, signal?: AbortSignal): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const timer = setTimeout(() => {
    if (getHeapStatistics().used_heap_size <= maxHeapBytes) collect();
  }, quietMs);
  timer.unref();
  signal?.addEventListener('abort', () => clearTimeout(timer));
  return () => {
    if (signal?.aborted !== true) timer.refresh();
  };
}
