/** Runs of the corpus that differ from Helm's output, each with its reason. */
export const knownDifferences: Readonly<Record<string, string>> = {};
