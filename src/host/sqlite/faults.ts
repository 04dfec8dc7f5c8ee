/** Fault injection: makes a statement of the worker fail as SQLite would. Only tests arm it. */
export interface Fault {
  /** So many statements still succeed. */
  readonly afterStatements: number;
  /** SQLite's result code: 13 full disk, 1034 failed fsync, 778 failed write. */
  readonly code: number;
  /** How many statements in a row fail then; default: all. */
  readonly times?: number;
}

export class FaultPoint {
  #fault: Fault | undefined;
  #passed = 0;

  arm(fault: Fault): void {
    this.#fault = fault;
    this.#passed = 0;
  }

  /** Called before each statement. Throws what node:sqlite would. */
  pass(): void {
    if (this.#fault === undefined) return;
    const { afterStatements, times, code } = this.#fault;
    const failures = this.#passed++ - afterStatements;
    if (failures < 0 || failures >= (times ?? Number.POSITIVE_INFINITY)) return;
    const message = (code & 0xff) === 13 ? 'database or disk is full' : 'disk I/O error';
    throw Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode: code });
  }
}
