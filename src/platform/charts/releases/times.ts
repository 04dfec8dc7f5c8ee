/** Times in release records: RFC 3339 as Go's time.Time prints itself in JSON. */
import type { Clock } from '#base/clock.ts';

/** `2026-11-21T06:26:40.123Z`; trailing zeros of the fraction are left out. */
export function recordTime(clock: Clock): string {
  const text = new Date(clock.now()).toISOString();
  const fraction = text.slice(19, -1).replace(/\.?0+$/, '');
  return `${text.slice(0, 19)}${fraction}Z`;
}

/** Milliseconds since the epoch of a record's time; 0 for none. */
export function timeMs(text: string): number {
  const time = Date.parse(text);
  return Number.isNaN(time) ? 0 : time;
}

/** A duration as Go prints it, for the whole and half seconds that timeouts are: `5m0s`, `1h0m0s`, `30s`, `1.5s`. */
export function goDuration(ms: number): string {
  if (ms < 1000) return ms === 0 ? '0s' : `${ms}ms`;
  const seconds = ms / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
