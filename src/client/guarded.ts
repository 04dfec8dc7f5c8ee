/** Listeners run inside whatever applies a change: what they throw must not reach it. */
import type { Logger } from '#base/logger.ts';
import { errorMessage } from '#base/logger.ts';
import type { CacheListener } from '#client/cache.ts';

/** The listener, its errors logged instead of thrown. A bug in one reader then costs that reader one event, nobody else. */
export function guarded<T>(log: Logger, listener: CacheListener<T>): CacheListener<T> {
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      log.error('a cache listener threw', { error: errorMessage(error) });
    }
  };
}
