/** huandu/xstrings' changes of case: a text is cut into words, and words are joined by what they are. */

/** `FooBar` → `foo_bar` */
export function snakeCase(text: string): string {
  return joinWords(text, '_');
}

/** `FooBar` → `foo-bar` */
export function kebabCase(text: string): string {
  return joinWords(text, '-');
}

type WordType = 'connector' | 'punctuation' | 'upper' | 'alphabet' | 'number' | 'other';

interface Word {
  readonly type: WordType;
  readonly text: string;
}

/** Letters but those of Chinese, Japanese and Korean, which have no words. */
const letter = '(?:(?![\\u3400-\\u4db5\\u4e00-\\u9fcc\\u{20000}-\\u{2b81d}])\\p{L})';
const small = `(?:(?!\\p{Lu})${letter})`;
const word = new RegExp(
  [
    '(?<connector>[-_\\s\\u0085]+)',
    '(?<punctuation>\\p{P}+)',
    // Of several capitals the last one belongs to the word that follows.
    `(?<upper>\\p{Lu}(?:\\p{Lu}*(?=\\p{Lu}${small})|\\p{Lu}+|${small}*))`,
    `(?<alphabet>${small}+)`,
    '(?<number>\\p{N}+)',
    `(?<other>(?:(?![-_\\s\\u0085]|${letter}|\\p{N}|\\p{P})[^])+)`,
    '(?<single>[^])',
  ].join('|'),
  'gu',
);

function wordsOf(text: string): Word[] {
  return Array.from(text.matchAll(word), ({ 0: found, groups }) => {
    const type = Object.entries(groups ?? {}).find(([, value]) => value !== undefined)?.[0];
    return { type: type === undefined || type === 'single' ? 'other' : (type as WordType), text: found };
  });
}

function lowered({ type, text }: Word, connector: string): string {
  if (type === 'connector') return text.replace(/[^]/gu, connector);
  return type === 'upper' ? text.replace(/\p{Lu}/gu, lowerRune) : text;
}

/** One rune for one rune, as unicode.ToLower. */
export function lowerRune(rune: string): string {
  return String.fromCodePoint(rune.toLowerCase().codePointAt(0) ?? 0);
}

/** Takes words one by one; the last one is written without a connector behind it. */
class Joiner {
  text = '';
  readonly #words: readonly Word[];
  readonly #connector: string;
  #next = 0;
  current: Word | undefined;

  constructor(text: string, connector: string) {
    this.#words = wordsOf(text);
    this.#connector = connector;
    this.advance();
  }

  get isLast(): boolean {
    return this.#next >= this.#words.length;
  }

  advance(): Word | undefined {
    this.current = this.#words[this.#next++];
    return this.current;
  }

  write(written: Word | undefined): void {
    if (written !== undefined) this.text += lowered(written, this.#connector);
  }

  connect(): void {
    const type = this.current?.type;
    if (type !== undefined && type !== 'connector' && type !== 'punctuation') this.text += this.#connector;
  }

  /** Letters and digits that hang together. */
  writeRun(): void {
    while (this.current?.type === 'alphabet' || this.current?.type === 'number') {
      this.write(this.current);
      this.advance();
    }
    this.connect();
  }
}

function joinWords(text: string, connector: string): string {
  const joiner = new Joiner(text, connector);
  while (!joiner.isLast) {
    const previous = joiner.current as Word;
    if (previous.type !== 'connector') joiner.write(previous);
    joiner.advance();
    if (previous.type === 'connector') joiner.write(previous);
    else if (previous.type === 'number') joiner.writeRun();
    else if (previous.type !== 'punctuation') afterLetters(joiner, connector);
  }
  joiner.write(joiner.current);
  return joiner.text;
}

/** A number joins the word behind it: `A1b2` is `a_1b2`. */
function afterLetters(joiner: Joiner, connector: string): void {
  const number = joiner.current;
  if (number?.type !== 'number') return joiner.connect();
  if (joiner.isLast) return;
  if (joiner.advance()?.type !== 'alphabet') {
    joiner.write(number);
    return joiner.connect();
  }
  joiner.text += connector;
  joiner.write(number);
  joiner.writeRun();
}

/** One rune for one rune, as unicode.ToUpper. */
function upperRune(rune: string): string {
  const upper = rune.toUpperCase();
  return [...upper].length === 1 ? upper : rune;
}

const isConnector = (rune: string): boolean => /^[-_\s\u0085]$/u.test(rune);
const isUpper = (rune: string): boolean => /^\p{Lu}$/u.test(rune);

/** `foo_bar` → `FooBar`; connectors at the ends stay, one of several inside is dropped. */
export function camelCase(text: string): string {
  const runes = [...text];
  const start = runes.findIndex((rune) => !isConnector(rune));
  // xstrings writes the last one twice where there is nothing else.
  if (start < 0) return text + (runes.at(-1) ?? '');
  let result = runes.slice(0, start).join('');
  let startsUpper = isUpper(runes[start] as string);
  let current = upperRune(runes[start] as string);
  if (start === runes.length - 1) return result + current;
  for (const rune of runes.slice(start + 1)) {
    const previous = current;
    current = rune;
    if (isConnector(previous)) {
      if (isConnector(rune)) result += previous;
      else {
        startsUpper = isUpper(rune);
        current = upperRune(rune);
      }
      continue;
    }
    if (startsUpper && isUpper(rune)) current = lowerRune(rune);
    else startsUpper = false;
    result += previous;
  }
  return result + current;
}
