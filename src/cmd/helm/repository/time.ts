/** This machine's time as Go writes it. */
import { goTime } from '#platform/charts/go-time.ts';

/** Now, or another moment, with the machine's zone. */
export function localTime(atMs: number = Date.now()): string {
  return goTime(atMs, -new Date(atMs).getTimezoneOffset());
}
