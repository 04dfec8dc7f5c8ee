/**
 * Trees of texts that were parsed before: charts share their libraries, and one chart is rendered again and again. A cache
 * serves one table of functions, for names of functions are checked while parsing.
 */
import type { Tree } from '#lang/gotemplate/nodes.ts';

type Trees = ReadonlyMap<string, Tree>;

/** Characters of the texts that are kept. */
const maxKept = 16 * 1024 * 1024;

/** Invariant: holds texts of no more than `maxKept` characters; the oldest goes first. Trees are never changed. */
export class ParseCache {
  readonly #trees = new Map<string, Trees>();
  #kept = 0;

  /** The trees of a text under a name, which messages show. What `parse` throws is not kept. */
  trees(name: string, text: string, parse: () => Trees): Trees {
    const key = `${name}\n${text}`;
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    const trees = parse();
    this.#trees.set(key, trees);
    this.#kept += key.length;
    for (const oldest of this.#trees.keys()) {
      if (this.#kept <= maxKept) break;
      this.#trees.delete(oldest);
      this.#kept -= oldest.length;
    }
    return trees;
  }
}
