/**
 * Node ports: a number of the cluster's range that no other Service has. What is taken is what stored Services name, and
 * what writes under way have been promised; a promise lapses when its write is seen, fails, or takes too long.
 * @see https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
 */
import { services } from '#api/generated/resources.ts';
import type { HookCall, Reader } from '#api/resource.ts';
import { nodePortsOf, specOf } from '#kinds/core/service/spec.ts';

const promiseMs = 30_000;

/** Port → when it was promised, per API server. */
const promises = new WeakMap<Reader, Map<number, number>>();

/** The ports one write takes. `release` undoes it. */
export class NodePortClaim {
  readonly #call: HookCall;
  readonly #promised: Map<number, number>;
  readonly #used: ReadonlySet<number>;
  readonly #mine: number[] = [];

  constructor(call: HookCall) {
    this.#call = call;
    const known = promises.get(call.reader);
    this.#promised = known ?? new Map<number, number>();
    if (known === undefined) promises.set(call.reader, this.#promised);
    for (const [port, since] of this.#promised) if (call.clock.now() - since > promiseMs) this.#promised.delete(port);
    this.#used = usedPorts(call.reader);
  }

  /** '' or why the port cannot be had. */
  take(port: number): string {
    const { from, to } = this.#call.settings.nodePortRange;
    if (!this.#call.dryRun && (port < from || port > to))
      return `provided port is not in the valid range. The range of valid ports is ${from}-${to}`;
    if (!this.#isFree(port)) return 'provided port is already allocated';
    this.#promise(port);
    return '';
  }

  /** Any free port: of the upper part of the range while there is one. Undefined: the range is full. */
  takeAny(): number | undefined {
    if (this.#call.dryRun) return this.#invent();
    const { from, to } = this.#call.settings.nodePortRange;
    const size = to - from + 1;
    const offset = size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    for (const [first, last] of [
      [from + offset, to],
      [from, from + offset - 1],
    ] as const) {
      const port = this.#search(first, last);
      if (port !== undefined) return port;
    }
    return undefined;
  }

  release(): void {
    for (const port of this.#mine) this.#promised.delete(port);
  }

  /** A dry run shows a number that nobody can have. */
  #invent(): number {
    const port = Math.max(32_768, ...this.#mine) + 1;
    this.#mine.push(port);
    return port;
  }

  #search(first: number, last: number): number | undefined {
    const count = last - first + 1;
    const start = Math.floor(this.#call.random.next() * count);
    for (let i = 0; i < count; i++) {
      const port = first + ((start + i) % count);
      if (!this.#isFree(port)) continue;
      this.#promise(port);
      return port;
    }
    return undefined;
  }

  #isFree(port: number): boolean {
    return !this.#used.has(port) && !this.#promised.has(port);
  }

  #promise(port: number): void {
    this.#mine.push(port);
    if (!this.#call.dryRun) this.#promised.set(port, this.#call.clock.now());
  }
}

function usedPorts(reader: Reader): Set<number> {
  const used = new Set<number>();
  for (const service of reader.list(services)) {
    const spec = specOf(service);
    for (const port of nodePortsOf(spec)) used.add(port);
    if ((spec.healthCheckNodePort ?? 0) !== 0) used.add(spec.healthCheckNodePort ?? 0);
  }
  return used;
}

/** A stored or deleted Service's ports are no promises any more. */
export function forgetPromises(reader: Reader, ports: readonly number[]): void {
  const promised = promises.get(reader);
  for (const port of ports) promised?.delete(port);
}
