/**
 * `$(NAME)` in commands, arguments and values, as upstream's expansion: unknown names stay, `$$` is a dollar sign.
 *
 *   expand('$(A)-$(B)-$$(A)', { A: '1' })  →  '1-$(B)-$(A)'
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  let result = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '$' || at + 1 >= text.length) continue;
    result += text.slice(from, at);
    const next = text[at + 1];
    if (next === '$') {
      result += '$';
      at++;
    } else if (next === '(') {
      const end = text.indexOf(')', at + 2);
      if (end < 0) {
        result += '$(';
        at++;
      } else {
        const name = text.slice(at + 2, end);
        result += variables.get(name) ?? `$(${name})`;
        at = end;
      }
    } else {
      result += `$${next}`;
      at++;
    }
    from = at + 1;
  }
  return result + text.slice(from);
}
