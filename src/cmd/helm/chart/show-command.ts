/** Commands and flags of `helm show`. */
import type { ShowPart } from '#cmd/helm/chart/show.ts';
import type { HelmCommand, HelmContext } from '#cmd/helm/context.ts';
import { chartPathFlags, develFlag } from '#cmd/helm/flags.ts';
import type { FlagValues } from '#cmd/helm/line/flag.ts';
import { text } from '#cmd/helm/line/flag.ts';
import { command, loaded } from '#cmd/helm/line/command.ts';

const flags = { devel: develFlag, ...chartPathFlags };
const valuesFlags = { ...flags, jsonpath: text('a JSONPath template to print the values with') };

/** What the flags of `helm show …` say. */
export type ShowFlags = FlagValues<typeof flags> & { readonly jsonpath?: string };

function part(name: ShowPart, short: string): HelmCommand {
  return command<HelmContext, typeof flags>({
    use: `${name} [CHART]`,
    short,
    args: { exactly: 1 },
    flags: name === 'values' ? valuesFlags : flags,
    run: async () => {
      const { show } = await import('#cmd/helm/chart/show.ts');
      return (given: ShowFlags, [chart = ''], context) => show({ chart, part: name }, given, context);
    },
  });
}

export const showCommand: HelmCommand = {
  use: 'show',
  aliases: ['inspect'],
  short: 'show information of a chart',
  commands: [
    loaded(part('all', 'show all information of the chart')),
    loaded(part('chart', "show the chart's definition")),
    loaded(part('crds', "show the chart's CRDs")),
    loaded(part('readme', "show the chart's README")),
    loaded(part('values', "show the chart's values")),
  ],
};
