/** What `--help` prints, in cobra's layout. */
import type { Command, Place } from '#cmd/helm/line/command.ts';
import { nameOf, useLine } from '#cmd/helm/line/command.ts';
import type { Flag, FlagTable } from '#cmd/helm/line/flag.ts';
import { bool, flagName } from '#cmd/helm/line/flag.ts';

/** The whole help of a command. */
export function helpText<C>(place: Place<C>, globals: FlagTable): string {
  const { command } = place;
  return `${(command.long ?? command.short).trimEnd()}\n\n${usageText(place, globals)}`;
}

/** The help without its first paragraphs. */
export function usageText<C>(place: Place<C>, globals: FlagTable): string {
  const { command, path } = place;
  const isRoot = !path.includes(' ');
  const parts = ['Usage:'];
  if (command.run !== undefined) parts.push(`  ${useLine(place)}`);
  const shown = shownCommands(command);
  if (shown.length > 0) parts.push(`  ${path} [command]`);
  if ((command.aliases ?? []).length > 0)
    parts.push('', 'Aliases:', `  ${[nameOf(command), ...(command.aliases ?? [])].join(', ')}`);
  if (shown.length > 0) parts.push('', 'Available Commands:', ...commandLines(shown));
  const help = bool(`help for ${nameOf(command)}`, { short: 'h' });
  const own = isRoot ? { ...globals, help } : { ...command.flags, help };
  parts.push('', 'Flags:', ...flagLines(own));
  if (!isRoot) parts.push('', 'Global Flags:', ...flagLines(globals));
  if (shown.length > 0) parts.push('', `Use "${path} [command] --help" for more information about a command.`);
  return `${parts.join('\n')}\n`;
}

interface Shown {
  readonly name: string;
  readonly short: string;
}

function shownCommands<C>(command: Command<C>): Shown[] {
  const all = (command.commands ?? []).filter(({ hidden }) => hidden !== true);
  return all.map(({ name, short }) => ({ name, short })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function commandLines(commands: readonly Shown[]): string[] {
  const width = Math.max(11, ...commands.map(({ name }) => name.length));
  return commands.map(({ name, short }) => `  ${name.padEnd(width)} ${short}`);
}

/** Sorted by name; the usages stand under each other. */
function flagLines(table: FlagTable): string[] {
  const shown = Object.entries(table)
    .filter(([, flag]) => flag.hidden !== true)
    .map(([key, flag]) => ({ name: flagName(key), flag }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, flag }) => ({ head: flagHead(name, flag), tail: flagTail(flag) }));
  const width = Math.max(...shown.map(({ head }) => head.length));
  return shown.map(({ head, tail }) => `${head.padEnd(width)}   ${tail}`.trimEnd());
}

function flagHead(name: string, flag: Flag<unknown>): string {
  const letter = flag.short === undefined ? '      ' : `  -${flag.short}, `;
  const kind = flag.kind === 'bool' ? '' : ` ${flag.kind}`;
  const isPlain = flag.bare === undefined || (flag.kind === 'bool' && flag.bare === 'true');
  return `${letter}--${name}${kind}${isPlain ? '' : `[=${JSON.stringify(flag.bare)}]`}`;
}

function flagTail(flag: Flag<unknown>): string {
  return flag.shown === undefined ? flag.usage : `${flag.usage} (default ${flag.shown})`;
}
