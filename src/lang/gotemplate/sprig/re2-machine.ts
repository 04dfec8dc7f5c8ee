/**
 * Where an RE2 expression matches, in time linear in the text: Thompson's simulation with captures (Pike's machine) over the
 * package's compiled program, leftmost match first and preferred alternatives first, as Go's regexp finds them.
 *
 * Positions are those of JavaScript's strings. Bytes that are no UTF-8 (bytes.ts) match as U+FFFD, as in Go.
 * @see https://swtch.com/~rsc/regexp/regexp2.html
 */
import type { RE2JS } from '@bufbuild/re2';

/** Pairs of start and end by group, the whole match first; -1 = the group took no part. */
export type Captures = readonly number[];

type Program = ReturnType<RE2JS['re2']>['prog'];

/** Instructions as Inst.js numbers them. */
const op = {
  alt: 1,
  altMatch: 2,
  capture: 3,
  emptyWidth: 4,
  fail: 5,
  match: 6,
  nop: 7,
  any: 10,
  anyNotNewline: 11,
} as const;
/** Conditions as Utils.js numbers them. */
const empty = { beginLine: 1, endLine: 2, beginText: 4, endText: 8, wordBoundary: 16, noWordBoundary: 32 } as const;
const newline = 10;
const threadsBetweenSpends = 4096;

interface Thread {
  readonly pc: number;
  readonly caps: number[];
}

/** Threads by priority; each instruction once. */
interface Threads {
  readonly list: Thread[];
  /** The generation in which an instruction was added. */
  readonly seen: Int32Array;
  generation: number;
}

function newThreads(size: number): Threads {
  return { list: [], seen: new Int32Array(size), generation: 1 };
}

function clear(threads: Threads): void {
  threads.list.length = 0;
  threads.generation++;
}

/** Invariant: holds nothing of a text between calls. */
export class Machine {
  readonly #program: Program;
  readonly #prefix: string;
  readonly #captures: number;
  #current: Threads;
  #next: Threads;

  constructor(expression: RE2JS) {
    const re2 = expression.re2();
    this.#program = re2.prog;
    this.#prefix = re2.prefix;
    this.#captures = (re2.numberOfCapturingGroups() + 1) * 2;
    this.#current = newThreads(this.#program.numInst());
    this.#next = newThreads(this.#program.numInst());
  }

  /** The first match at or behind a position. `spend` hears of the work every few thousand threads, and may throw. */
  find(text: string, from: number, spend: (steps: number) => void): Captures | undefined {
    let threads = 0;
    let matched: number[] | undefined;
    clear(this.#current);
    let before = runeBefore(text, from);
    for (let at = from; ; ) {
      if (this.#current.list.length === 0) {
        if (matched !== undefined) break;
        const start = this.#candidate(text, at);
        if (start === undefined) break;
        if (start !== at) before = runeBefore(text, start);
        at = start;
      }
      const rune = runeAt(text, at);
      const context = conditions(before, rune);
      if (matched === undefined) this.#add(this.#current, { pc: this.#program.start, at, context });
      const end = at + (rune > 0xffff ? 2 : 1);
      const after = rune < 0 ? 0 : conditions(rune, runeAt(text, end));
      threads += this.#current.list.length + 1;
      if (threads > threadsBetweenSpends) {
        spend(threads);
        threads = 0;
      }
      matched = this.#step({ rune, at, end, context: after }) ?? matched;
      [this.#current, this.#next] = [this.#next, this.#current];
      clear(this.#next);
      if (rune < 0) break;
      before = rune;
      at = end;
    }
    spend(threads);
    return matched;
  }

  /** Where a match may begin, at or behind a position. */
  #candidate(text: string, at: number): number | undefined {
    if (this.#prefix === '') return at;
    const found = text.indexOf(this.#prefix, at);
    return found < 0 ? undefined : found;
  }

  /** Moves every thread over one rune; the captures of a match that was reached. */
  #step(now: { rune: number; at: number; end: number; context: number }): number[] | undefined {
    for (const { pc, caps } of this.#current.list) {
      const inst = this.#program.getInst(pc);
      if (inst.op === op.match) {
        const result = caps.slice();
        result[1] = now.at;
        return result;
      }
      if (now.rune < 0 || !this.#accepts(pc, now.rune)) continue;
      this.#add(this.#next, { pc: inst.out, at: now.end, context: now.context, caps });
    }
    return undefined;
  }

  #accepts(pc: number, rune: number): boolean {
    const inst = this.#program.getInst(pc);
    if (inst.op === op.any) return true;
    return inst.op === op.anyNotNewline ? rune !== newline : inst.matchRune(rune);
  }

  /** Adds an instruction and all that follow without a rune, in the order of preference. */
  #add(threads: Threads, start: { pc: number; at: number; context: number; caps?: number[] }): void {
    const { at, context } = start;
    const caps = start.caps ?? this.#freshCaptures(at);
    const stack: Thread[] = [{ pc: start.pc, caps }];
    for (let thread = stack.pop(); thread !== undefined; thread = stack.pop()) {
      const { pc } = thread;
      if (threads.seen[pc] === threads.generation) continue;
      threads.seen[pc] = threads.generation;
      const inst = this.#program.getInst(pc);
      switch (inst.op) {
        case op.alt:
        case op.altMatch:
          stack.push({ pc: inst.arg, caps: thread.caps }, { pc: inst.out, caps: thread.caps });
          break;
        case op.nop:
          stack.push({ pc: inst.out, caps: thread.caps });
          break;
        case op.capture:
          stack.push({ pc: inst.out, caps: withCapture(thread.caps, inst.arg, at) });
          break;
        case op.emptyWidth:
          if ((inst.arg & ~context) === 0) stack.push({ pc: inst.out, caps: thread.caps });
          break;
        case op.fail:
          break;
        default:
          threads.list.push(thread);
      }
    }
  }

  #freshCaptures(at: number): number[] {
    const caps = new Array<number>(this.#captures).fill(-1);
    caps[0] = at;
    return caps;
  }
}

function withCapture(caps: readonly number[], index: number, at: number): number[] {
  const copy = caps.slice();
  if (index < copy.length) copy[index] = at;
  return copy;
}

/** The rune at a position; -1 at the end. */
function runeAt(text: string, at: number): number {
  return at >= text.length ? -1 : asRune(text.codePointAt(at) as number);
}

function runeBefore(text: string, at: number): number {
  if (at === 0) return -1;
  const last = text.charCodeAt(at - 1);
  const isPair = last >= 0xdc00 && last <= 0xdfff && at > 1 && (text.codePointAt(at - 2) as number) > 0xffff;
  return isPair ? (text.codePointAt(at - 2) as number) : asRune(last);
}

function asRune(code: number): number {
  return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
}

/** What holds between two runes. */
function conditions(before: number, after: number): number {
  let flags = isWord(before) === isWord(after) ? empty.noWordBoundary : empty.wordBoundary;
  if (before < 0) flags |= empty.beginText | empty.beginLine;
  if (before === newline) flags |= empty.beginLine;
  if (after < 0) flags |= empty.endText | empty.endLine;
  if (after === newline) flags |= empty.endLine;
  return flags;
}

/** ASCII only, as \b in RE2. */
function isWord(rune: number): boolean {
  return (rune >= 48 && rune <= 57) || (rune >= 65 && rune <= 90) || rune === 95 || (rune >= 97 && rune <= 122);
}
