/** Paths of fields as error messages show them: `spec.containers[0].name`, `spec.selector[app]`. */

export function child(path: string, ...names: readonly string[]): string {
  return path === '' ? names.join('.') : `${path}.${names.join('.')}`;
}

/** An element of a list. */
export function index(path: string, position: number): string {
  return `${path}[${position}]`;
}

/** An entry of a map. */
export function key(path: string, name: string): string {
  return `${path}[${name}]`;
}
