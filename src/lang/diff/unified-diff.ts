/**
 * The unified diff of two texts, line by line, as Python's difflib makes it and Go's port of it: Kubernetes shows such diffs
 * in messages. Matching is by longest common blocks, and in long texts very frequent lines do not begin a match.
 */
interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}
interface Change {
  readonly isEqual: boolean;
  readonly a1: number;
  readonly a2: number;
  readonly b1: number;
  readonly b2: number;
}

/** Texts of this many lines have lines that are too frequent to match by. */
const longText = 200;

/** Without file names; '' if the texts are the same. Every line of the answer ends with a line feed. */
export function unifiedDiff(before: string, after: string, context = 3): string {
  const a = before.split('\n');
  const b = after.split('\n');
  let text = '';
  for (const group of grouped(changesOf(a, b), context)) {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) continue;
    text += `@@ -${range(first.a1, last.a2)} +${range(first.b1, last.b2)} @@\n`;
    for (const { isEqual, a1, a2, b1, b2 } of group) {
      for (const line of a.slice(a1, a2)) text += `${isEqual ? ' ' : '-'}${line}\n`;
      if (!isEqual) for (const line of b.slice(b1, b2)) text += `+${line}\n`;
    }
  }
  return text;
}

function range(start: number, stop: number): string {
  const length = stop - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

/** Runs of changes with their context; far apart runs are separate. */
function grouped(changes: readonly Change[], context: number): Change[][] {
  const list = [...changes];
  const first = list[0];
  if (first?.isEqual === true)
    list[0] = { ...first, a1: Math.max(first.a1, first.a2 - context), b1: Math.max(first.b1, first.b2 - context) };
  const last = list.at(-1);
  if (last?.isEqual === true)
    list[list.length - 1] = {
      ...last,
      a2: Math.min(last.a2, last.a1 + context),
      b2: Math.min(last.b2, last.b1 + context),
    };
  const groups: Change[][] = [];
  let group: Change[] = [];
  for (const change of list) {
    const { isEqual, a1, a2, b1, b2 } = change;
    if (!isEqual || a2 - a1 <= context * 2) {
      group.push(change);
      continue;
    }
    group.push({ isEqual, a1, a2: Math.min(a2, a1 + context), b1, b2: Math.min(b2, b1 + context) });
    groups.push(group);
    group = [{ isEqual, a1: Math.max(a1, a2 - context), a2, b1: Math.max(b1, b2 - context), b2 }];
  }
  if (group.length > 0 && !(group.length === 1 && group[0]?.isEqual === true)) groups.push(group);
  return groups.filter((each) => each.some(({ isEqual }) => !isEqual));
}

function changesOf(a: readonly string[], b: readonly string[]): Change[] {
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  for (const block of matchingBlocks(a, b)) {
    if (i < block.a || j < block.b) changes.push({ isEqual: false, a1: i, a2: block.a, b1: j, b2: block.b });
    [i, j] = [block.a + block.size, block.b + block.size];
    if (block.size > 0) changes.push({ isEqual: true, a1: block.a, a2: i, b1: block.b, b2: j });
  }
  return changes;
}

function matchingBlocks(a: readonly string[], b: readonly string[]): Block[] {
  const index = indexOf(b);
  const found: Block[] = [];
  const collect = (aLow: number, aHigh: number, bLow: number, bHigh: number): void => {
    const block = longestMatch(a, b, index, [aLow, aHigh, bLow, bHigh]);
    if (block.size === 0) return;
    if (aLow < block.a && bLow < block.b) collect(aLow, block.a, bLow, block.b);
    found.push(block);
    const [aNext, bNext] = [block.a + block.size, block.b + block.size];
    if (aNext < aHigh && bNext < bHigh) collect(aNext, aHigh, bNext, bHigh);
  };
  collect(0, a.length, 0, b.length);
  return [...joined(found), { a: a.length, b: b.length, size: 0 }];
}

/** Neighbours become one block. */
function joined(blocks: readonly Block[]): Block[] {
  const list: Block[] = [];
  for (const block of blocks) {
    const last = list.at(-1);
    if (last !== undefined && last.a + last.size === block.a && last.b + last.size === block.b)
      list[list.length - 1] = { ...last, size: last.size + block.size };
    else list.push(block);
  }
  return list;
}

function indexOf(lines: readonly string[]): Map<string, number[]> {
  const index = new Map<string, number[]>();
  lines.forEach((line, i) => {
    const places = index.get(line);
    if (places === undefined) index.set(line, [i]);
    else places.push(i);
  });
  if (lines.length < longText) return index;
  const most = Math.floor(lines.length / 100) + 1;
  for (const [line, places] of index) if (places.length > most) index.delete(line);
  return index;
}

type Window = readonly [aLow: number, aHigh: number, bLow: number, bHigh: number];

/** The first longest run of equal lines; it grows over lines that are too frequent to begin one. */
function longestMatch(
  a: readonly string[],
  b: readonly string[],
  index: ReadonlyMap<string, readonly number[]>,
  [aLow, aHigh, bLow, bHigh]: Window,
): Block {
  let best: Block = { a: aLow, b: bLow, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>();
    for (const j of index.get(a[i] as string) ?? []) {
      if (j < bLow) continue;
      if (j >= bHigh) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  let { a: start, b: other, size } = best;
  while (start > aLow && other > bLow && a[start - 1] === b[other - 1])
    [start, other, size] = [start - 1, other - 1, size + 1];
  while (start + size < aHigh && other + size < bHigh && a[start + size] === b[other + size]) size++;
  return { a: start, b: other, size };
}
