/** What upstream's admission says when it looks up an object that its cache does not know: its client checks the name first. */
import { isPathSegmentName } from '#api/meta/names.ts';

/** Undefined: the name can be asked for. */
export function lookupProblem(name: string): string | undefined {
  if (name === '') return 'resource name may not be empty';
  const messages = isPathSegmentName(name);
  return messages.length === 0 ? undefined : `invalid resource name ${JSON.stringify(name)}: [${messages.join(' ')}]`;
}
