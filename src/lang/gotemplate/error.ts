/** What parsing and executing report: the message is Go's, character for character. */
export class TemplateError extends Error {
  override name = 'TemplateError';
  /** `parse`: `template: NAME:LINE: …`; `exec`: `template: NAME:LINE:COL: executing "NAME" at <NODE>: …`. */
  readonly phase: 'parse' | 'exec';
  constructor(phase: 'parse' | 'exec', message: string) {
    super(message);
    this.phase = phase;
  }
}

/** A limit on output, time, steps or the size of a value was crossed. */
export class LimitError extends TemplateError {
  /** The message names the place. */
  readonly isLocated: boolean;
  constructor(phase: 'parse' | 'exec', message: string, isLocated = false) {
    super(phase, message);
    this.isLocated = isLocated;
  }
}
