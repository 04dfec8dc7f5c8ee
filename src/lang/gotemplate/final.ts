import type { GoValue } from '#lang/gotemplate/value.ts';

/** Stands for the final argument of a command that no pipeline feeds. */
export const none: unique symbol = Symbol('no final argument');
/** What a pipeline hands to its next command. */
export type Final = GoValue | typeof none;
