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

/** A limit on output, time or steps was crossed. */
export class LimitError extends TemplateError {}
