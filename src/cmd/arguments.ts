/**
 * kubectl's spellings of flags, made into those that the command line's library reads:
 *
 *   -oyaml → -o yaml    -o=yaml → -o yaml    -lapp=web → -l app=web    --tail=-1 stays    everything behind -- stays
 */

/** The letters that take a value, per verb. */
const valueLetters: Readonly<Record<string, string>> = {
  get: 'nolL',
  apply: 'nof',
  delete: 'nofl',
  logs: 'ncl',
  exec: 'nc',
};
/** Flags that are on without a value and may carry one: `--watch=false`. */
const valueless = /^--[a-z-]+=(true|false)$/;

export function kubectlArguments(args: readonly string[]): string[] {
  const letters = valueLetters[args[0] ?? ''];
  if (letters === undefined) return [...args];
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  const rest = end < 0 ? [] : args.slice(end);
  return [...flags.flatMap((argument) => spelled(argument, letters)), ...rest];
}

function spelled(argument: string, letters: string): string[] {
  if (valueless.test(argument)) return onOrOff(argument);
  if (!/^-[a-zA-Z]./.test(argument)) return [argument];
  const at = [...argument].findIndex((letter, index) => index > 0 && letters.includes(letter));
  const isBehindSwitches = at > 0 && /^-[a-zA-Z]*$/.test(argument.slice(0, at));
  if (!isBehindSwitches || at === argument.length - 1) return [argument];
  const switches = at > 1 ? [argument.slice(0, at)] : [];
  return [...switches, `-${argument[at]}`, argument.slice(at + 1).replace(/^=/, '')];
}

/** Only `--wait` is on by itself: of the others `=false` is the same as leaving them out. */
function onOrOff(argument: string): string[] {
  const [flag = '', value] = argument.split('=');
  if (value === 'true') return [flag];
  return flag === '--wait' ? ['--no-wait'] : flag === '--validate' ? [argument] : [];
}
