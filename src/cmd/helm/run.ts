/** `helm …`: from the arguments to a command's run, and from what it throws to Helm's last line and exit code. */
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { HelmExit } from '#cmd/helm/exit.ts';
import type { Place } from '#cmd/helm/line/command.ts';
import { checkArguments, findCommand, parseCommandLine } from '#cmd/helm/line/command.ts';
import type { FlagTable } from '#cmd/helm/line/flag.ts';
import { FlagError } from '#cmd/helm/line/flag.ts';
import type { ParsedLine } from '#cmd/helm/line/parse.ts';
import { helmCommand } from '#cmd/helm/root.ts';
import type { Environment, Settings } from '#cmd/helm/settings.ts';
import { globalFlags } from '#cmd/helm/settings.ts';

/** Where output goes and where defaults come from. */
export interface HelmWorld {
  readonly environment: Environment;
  write(text: string): void;
  warn(line: string): void;
  writeError(text: string): void;
}

/** Runs one line; resolves with the exit code. Never rejects for what a user or a chart did. */
export async function runHelm(line: readonly string[], world: HelmWorld): Promise<number> {
  const globals = globalFlags(world.environment);
  const place = await findCommand(helmCommand, line, globals);
  try {
    const parsed = parseCommandLine(place, globals);
    const isHelp = parsed.values['help'] === true;
    if (!isHelp && place.command === helmCommand && parsed.args.length > 0) return await unknownCommand(parsed, world);
    if (isHelp || place.command.run === undefined) return await showHelp(place, globals, world);
    checkArguments(place, parsed.args);
    await runCommand(place, parsed, world);
    return 0;
  } catch (error) {
    if (error instanceof HelmExit) return error.code;
    return reportError(error, world);
  }
}

async function runCommand(place: Place<HelmContext>, parsed: ParsedLine, world: HelmWorld): Promise<void> {
  const load = place.command.run;
  if (load === undefined) return;
  const run = (await load()) as (flags: unknown, args: readonly string[], context: HelmContext) => Promise<void>;
  await run(parsed.values, parsed.args, {
    settings: parsed.values as unknown as Settings,
    environment: world.environment,
    given: parsed.given,
    write: (text) => world.write(text),
    warn: (text) => world.warn(text),
    writeError: (text) => world.writeError(text),
  });
}

function reportError(error: unknown, world: HelmWorld): number {
  const isTrace = world.environment['WHEELHOUSE_DEBUG'] !== undefined && !(error instanceof FlagError);
  if (isTrace) world.warn((error as Error).stack ?? '');
  world.warn(`Error: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

async function showHelp(place: Place<HelmContext>, globals: FlagTable, world: HelmWorld): Promise<number> {
  const { helpText } = await import('#cmd/helm/line/usage.ts');
  world.write(helpText(place, globals));
  return 0;
}

/** `helm help get values`, `helm instal`. */
async function unknownCommand(parsed: ParsedLine, world: HelmWorld): Promise<number> {
  const [word = '', ...rest] = parsed.args;
  if (word === 'help') return helpOn(rest, world);
  const { similarCommands } = await import('#cmd/helm/line/similar.ts');
  const similar = similarCommands(word, helmCommand.commands ?? []);
  const hint = similar.length === 0 ? '' : `\n\nDid you mean this?\n${similar.map((name) => `\t${name}\n`).join('')}`;
  world.warn(`Error: unknown command ${JSON.stringify(word)} for "helm"${hint}`);
  world.warn(`Run 'helm --help' for usage.`);
  return 1;
}

async function helpOn(words: readonly string[], world: HelmWorld): Promise<number> {
  const globals = globalFlags(world.environment);
  const place = await findCommand<HelmContext>(helmCommand, words, globals);
  if (place.command !== (helmCommand as HelmCommand) || words.length === 0) return showHelp(place, globals, world);
  const { usageText } = await import('#cmd/helm/line/usage.ts');
  world.warn(`Unknown help topic [${words.map((word) => `\`${word}\``).join(' ')}]`);
  world.warn(usageText(place, globals).trimEnd());
  return 0;
}
