/** Go templates that are given on the command line: names of releases, versions. */
import { templateFunctions } from '#cmd/helm/functions.ts';
import { TemplateSet, defaultLimits } from '#lang/gotemplate/template.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

/** Renders one text; `name` stands in messages. Throws TemplateError. */
export function renderText(name: string, text: string, data: GoValue = null): string {
  const set = new TemplateSet(templateFunctions(), { missingKey: 'zero', limits: defaultLimits });
  set.parse(name, text);
  return set.execute(name, data);
}
