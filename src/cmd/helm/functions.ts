/** Sprig and Helm's own functions with this machine's clock, chance and cryptography; made once per process. */
import { nodeTemplatePorts } from '#host/template-crypto.ts';
import { helmFunctions } from '#lang/gotemplate/sprig/helm.ts';
import type { FunctionTable } from '#lang/gotemplate/value.ts';

let functions: FunctionTable | undefined;

/** The table that charts are rendered with. */
export function templateFunctions(): FunctionTable {
  functions ??= helmFunctions(nodeTemplatePorts());
  return functions;
}
