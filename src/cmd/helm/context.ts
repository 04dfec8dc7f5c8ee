/** What a command's run gets beside its flags and arguments. */
import type { Environment, Settings } from '#cmd/helm/settings.ts';
import type { Command, LazyCommand } from '#cmd/helm/line/command.ts';

/** The world of one `helm …` line. */
export interface HelmContext {
  /** The flags that every command takes, with the environment's defaults. */
  readonly settings: Settings;
  readonly environment: Environment;
  /** Keys of the flags that stand on the line, whatever their value. */
  readonly given: ReadonlySet<string>;
  /** Text for standard output, as it is. */
  write(text: string): void;
  /** One line for standard error, without its line break. */
  warn(line: string): void;
  /** Text for standard error, as it is. */
  writeError(text: string): void;
}

export type HelmCommand = Command<HelmContext>;
export type LazyHelmCommand = LazyCommand<HelmContext>;
