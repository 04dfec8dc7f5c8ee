/**
 * /healthz, /livez and /readyz: a list of named checks. `?verbose` prints each; `/livez/NAME` asks one; `?exclude=NAME` leaves
 * one out. Failures do not say why: the paths are public, the log has the reason.
 * @see https://kubernetes.io/docs/reference/using-api/health-checks/
 */
import { errorMessage, type Logger } from '#base/logger.ts';

export type HealthEndpoint = 'healthz' | 'livez' | 'readyz';

export interface HealthCheck {
  readonly name: string;
  /** Where it counts; everywhere unless said otherwise. */
  readonly endpoints?: readonly HealthEndpoint[];
  /** Throws or rejects with the reason when something is wrong. */
  check(): void | Promise<void>;
}

export const ping: HealthCheck = { name: 'ping', check: () => {} };

export interface HealthAnswer {
  readonly status: number;
  readonly text: string;
}

/** `name` '' asks all of an endpoint's checks. Undefined: there is no such check. */
export async function health(
  checks: readonly HealthCheck[],
  target: { endpoint: HealthEndpoint; name: string; query: URLSearchParams },
  log: Logger,
): Promise<HealthAnswer | undefined> {
  const { endpoint, name, query } = target;
  const asked = checks.filter(({ endpoints }) => endpoints === undefined || endpoints.includes(endpoint));
  if (name === '') return allChecks(asked, endpoint, query, log);
  const one = asked.find((check) => check.name === name);
  if (one === undefined) return undefined;
  const failure = await run(one);
  return failure === undefined
    ? { status: 200, text: 'ok' }
    : { status: 500, text: `internal server error: ${failure}\n` };
}

async function allChecks(
  checks: readonly HealthCheck[],
  endpoint: HealthEndpoint,
  query: URLSearchParams,
  log: Logger,
): Promise<HealthAnswer> {
  const excluded = new Set(query.getAll('exclude'));
  const failed: string[] = [];
  let lines = '';
  for (const check of checks) {
    const isExcluded = excluded.delete(check.name);
    const failure = isExcluded ? undefined : await run(check);
    if (failure !== undefined) failed.push(`${check.name}: ${failure}`);
    lines += isExcluded
      ? `[+]${check.name} excluded: ok\n`
      : failure === undefined
        ? `[+]${check.name} ok\n`
        : `[-]${check.name} failed: reason withheld\n`;
  }
  if (excluded.size > 0) {
    const names = [...excluded].sort().map((name) => JSON.stringify(name));
    lines += `warn: some health checks cannot be excluded: no matches for ${names.join(',')}\n`;
  }
  if (failed.length > 0) {
    log.debug(`${endpoint} check failed`, { failed });
    return { status: 500, text: `${lines}${endpoint} check failed\n` };
  }
  return { status: 200, text: query.has('verbose') ? `${lines}${endpoint} check passed\n` : 'ok' };
}

async function run(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check();
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}
