/** `getHostByName` over a DNS that answers later: templates cannot wait, so the chart is rendered again with what was asked. */
import { ChartError } from '#platform/charts/chart.ts';

const maxRounds = 50;

/**
 * Runs `render` until it asks for no host that is not known yet. `ask` answers an address, or '' if the DNS knows none.
 * Throws what the last rendering throws; a ChartError after 50 rounds.
 */
export async function renderWithHosts<T>(
  ask: (name: string) => Promise<string>,
  render: (hostByName: (name: string) => string) => Promise<T>,
): Promise<T> {
  const hosts = new Map<string, string>();
  for (let round = 0; round < maxRounds; round++) {
    const unknown = new Set<string>();
    const rendering = render((name) => {
      const address = hosts.get(name);
      if (address === undefined) unknown.add(name);
      return address ?? '';
    });
    // A failure counts only once every answer was the real one.
    const [result] = await Promise.allSettled([rendering]);
    if (unknown.size === 0) {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    }
    for (const name of unknown) hosts.set(name, await ask(name));
  }
  throw new ChartError(`getHostByName: ${maxRounds} rounds of questions were not enough`);
}
