/** Writes the bundle of `wheelhouse helm …` of a checkout. */
export function writeBundle(): void;
