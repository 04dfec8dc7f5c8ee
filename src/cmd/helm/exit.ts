/** An end that is not an error's: the code, and nothing printed beside what the command wrote itself. */
export class HelmExit extends Error {
  override name = 'HelmExit';
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}
