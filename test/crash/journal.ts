/** What the killed process had said: every write it handed over, and every acknowledgement with the state of the log. */
import { readFileSync } from 'node:fs';

export interface Intent {
  readonly revision: number;
  readonly key: string;
  /** Null: a deletion. */
  readonly content: number | null;
}
export interface Acknowledgement {
  readonly revision: number;
  readonly salts: string;
  readonly frames: number;
}
export interface Journal {
  readonly intents: readonly Intent[];
  readonly acknowledgements: readonly Acknowledgement[];
}

/** Reads the first `length` bytes; a last line that is not whole does not count. */
export function readJournal(file: string, length = Number.POSITIVE_INFINITY): Journal {
  const intents: Intent[] = [];
  const acknowledgements: Acknowledgement[] = [];
  const text = readFileSync(file).subarray(0, length).toString();
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (line === '') continue;
    const { intent, acknowledged, key, content, salts, frames } = JSON.parse(line);
    if (intent !== undefined) intents.push({ revision: intent, key, content });
    else acknowledgements.push({ revision: acknowledged, salts, frames });
  }
  return { intents, acknowledgements };
}

/** What a key holds: its content and the revision that wrote it. */
export type State = ReadonlyMap<string, string>;

/** The newest revision up to which the intents, in order, give exactly `state`; undefined if there is none. */
export function prefixOf(state: State, intents: readonly Intent[]): number | undefined {
  const replayed = new Map<string, string>();
  let different = state.size;
  let match = different === 0 ? 0 : undefined;
  for (const { revision, key, content } of intents) {
    const wanted = state.get(key);
    if (replayed.get(key) !== wanted) different--;
    if (content === null) replayed.delete(key);
    else replayed.set(key, `${revision}:${content}`);
    if (replayed.get(key) !== wanted) different++;
    if (different === 0) match = revision;
  }
  return match;
}
