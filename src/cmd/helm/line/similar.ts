/** Commands whose name is close to a word: at most two letters differ, or the word begins the name. */
export function similarCommands(
  word: string,
  commands: readonly { readonly name: string; readonly hidden?: true }[],
): string[] {
  const wanted = word.toLowerCase();
  return commands
    .filter(({ hidden }) => hidden !== true)
    .map(({ name }) => name)
    .filter((name) => name.startsWith(wanted) || distance(wanted, name) <= 2)
    .sort();
}

/** Letters to change, add or remove (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(same, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
