/** A write that does not come to an end is answered 504 after `?timeout`, 60 s at most; it may still take effect. */
import type { Clock } from '#base/clock.ts';
import { badRequest, timeout } from '#api/status.ts';

const longestMs = 60_000;
const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds the request may take. Throws upstream's 400 for a timeout that cannot be read. */
export function deadlineMs(query: string): number {
  if (!query.includes('timeout')) return longestMs;
  const value = new URLSearchParams(query).get('timeout') ?? '';
  if (value === '') return longestMs;
  const askedMs = durationMs(value);
  return askedMs > 0 && askedMs < longestMs ? askedMs : longestMs;
}

function durationMs(text: string): number {
  if (text === '0') return 0;
  if (!/^[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) {
    const missing = /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? 'missing unit in duration' : 'invalid duration';
    throw badRequest(`invalid timeout specified in the request URL - time: ${missing} ${JSON.stringify(text)}`);
  }
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)([^\d.]+)/g))
    sum += Number(number) * (unitMs[unit as string] ?? 0);
  return text.startsWith('-') ? -sum : sum;
}

/** `work`, or a rejection with 504 when its time is up first. */
export function withDeadline<R>(clock: Clock, limitMs: number, work: R | Promise<R>): R | Promise<R> {
  if (!(work instanceof Promise)) return work;
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(timeout('request did not complete within the allotted timeout')));
    work.then(
      (result) => {
        cancel();
        resolve(result);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
