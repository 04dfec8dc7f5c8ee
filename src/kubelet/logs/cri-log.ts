/**
 * The log format of CRI: `2026-01-01T00:00:00.000000000Z stdout F text`, `P` marking a piece of a longer line; pure.
 *
 *   parser.push(bytes) → lines, the last incomplete one is kept back
 */
export interface LogLine {
  /** As written: RFC 3339 with nanoseconds. */
  readonly timestamp: string;
  readonly stream: 'stdout' | 'stderr';
  /** The piece ends a line. */
  readonly isFull: boolean;
  /** Without the newline. */
  readonly content: Uint8Array;
}

const newline = 10;
const space = 32;
const decoder = new TextDecoder();

export class CriLogParser {
  #rest: Uint8Array = new Uint8Array(0);

  push(chunk: Uint8Array): LogLine[] {
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    const lines: LogLine[] = [];
    let from = 0;
    for (let end = bytes.indexOf(newline, from); end >= 0; end = bytes.indexOf(newline, from)) {
      const line = parseLine(bytes.subarray(from, end));
      if (line !== undefined) lines.push(line);
      from = end + 1;
    }
    this.#rest = bytes.slice(from);
    return lines;
  }
}

/** Undefined for what is not in the format. */
export function parseLine(line: Uint8Array): LogLine | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = decoder.decode(line.subarray(first + 1, second));
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const isFull = decoder.decode(line.subarray(second + 1, third)).split(':')[0] !== 'P';
  return { timestamp: decoder.decode(line.subarray(0, first)), stream, isFull, content: line.subarray(third + 1) };
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
