/** RE2 patterns over lines of text: whether there is a match is RE2's answer, where it starts this machine's. */
import { RE2JS } from '@bufbuild/re2';
import { ChartError } from '#platform/charts/chart.ts';

/** Makes a function that answers where the first match starts, -1 if there is none. Throws {@link ChartError}. */
export function compilePattern(pattern: string): (line: string) => number {
  const compiled = compile(pattern);
  const native = nativePattern(pattern);
  return (line) => {
    if (!compiled.test(line)) return -1;
    const start = native?.exec(line)?.index ?? 0;
    return start;
  };
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const message = (error as Error).message.replace(/^error parsing regexp: /, '');
    throw new ChartError(`error parsing regexp: ${message}`);
  }
}

/** Undefined for what only RE2 understands; a match then counts as one in the first field. */
function nativePattern(pattern: string): RegExp | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  try {
    return new RegExp(pattern.slice(flags?.[0].length ?? 0).replaceAll('(?P<', '(?<'), flags?.[1] ?? '');
  } catch {
    return undefined;
  }
}
