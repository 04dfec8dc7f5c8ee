/**
 * How large a single value may grow. Deviation: Go has no such limits and takes the memory of the machine; here a chart ends
 * with an error before that.
 */
import { LimitError } from '#lang/gotemplate/error.ts';

/** Characters of one text. */
const maxText = 32 * 1024 * 1024;
/** Elements of one list. */
const maxList = 1_000_000;
/** Values inside a value, as often as they are met. */
const maxNodes = 1_000_000;

/** Characters of a text that is read as YAML: the trees are some hundred times larger. */
const maxYaml = 4 * 1024 * 1024;
/** Tokens of one template's text. */
const maxTokens = 500_000;

/** Throws {@link LimitError}. */
export function checkYaml(length: number): void {
  if (length > maxYaml) throw new LimitError('exec', `a text of more than ${maxYaml} characters is not read as YAML`);
}

/** Throws {@link LimitError}. */
export function checkTokens(count: number): void {
  if (count > maxTokens) throw new LimitError('parse', `a text has more than ${maxTokens} tokens`);
}

/** Throws {@link LimitError}. */
export function checkText(length: number): void {
  if (length > maxText) throw new LimitError('exec', `a text would be longer than ${maxText} characters`);
}

/** Throws {@link LimitError}. */
export function checkList(length: number): void {
  if (length > maxList) throw new LimitError('exec', `a list would have more than ${maxList} elements`);
}

/** Counts the values that a walk meets: one that holds itself, or holds one value very often, has no end otherwise. */
export class NodeBudget {
  #left = maxNodes;

  /** Throws {@link LimitError}. */
  take(): void {
    if (--this.#left < 0) throw new LimitError('exec', `a value holds more than ${maxNodes} others`);
  }
}

/** `texts.join(separator)`. Throws {@link LimitError}. */
export function joinTexts(texts: readonly string[], separator: string): string {
  let length = separator.length * Math.max(0, texts.length - 1);
  for (const text of texts) length += text.length;
  checkText(length);
  return texts.join(separator);
}
