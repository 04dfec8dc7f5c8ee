/** huandu/xstrings' changes of case. */

/** `FooBar` → `foo_bar` */
export function snakeCase(text: string): string {
  return joinWords(text, '_');
}

/** `FooBar` → `foo-bar` */
export function kebabCase(text: string): string {
  return joinWords(text, '-');
}

function joinWords(text: string, connector: string): string {
  return text
    .replace(/([\p{Ll}\p{Nd}])(\p{Lu})/gu, `$1${connector}$2`)
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, `$1${connector}$2`)
    .replace(/[\s_-]/gu, connector)
    .toLowerCase();
}

/** `foo_bar` → `FooBar`; connectors at the ends stay, one of several inside is dropped. */
export function camelCase(text: string): string {
  const lead = /^[\s_-]*/u.exec(text)?.[0] ?? '';
  const tail = /[\s_-]*$/u.exec(text.slice(lead.length))?.[0] ?? '';
  const middle = text.slice(lead.length, text.length - tail.length);
  const words = middle.replace(/[^\s_-]+/gu, capitalize);
  return lead + words.replace(/[\s_-]([\s_-]*)/gu, '$1') + tail;
}

function capitalize(word: string): string {
  const [first = '', ...rest] = word;
  const tail = rest.join('');
  return first.toUpperCase() + (/^\p{Lu}+$/u.test(word) ? tail.toLowerCase() : tail);
}
