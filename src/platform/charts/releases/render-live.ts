/**
 * Rendering with a cluster in reach: capabilities by discovery, `lookup` by requests. Templates cannot wait, so a lookup
 * whose answer is not known yet says "nothing there" and is noted; what was noted is asked for, and the chart is rendered
 * again, until a rendering asks for nothing new.
 */
import { errorMessage } from '#base/logger.ts';
import { isNotFound } from '#api/status.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';
import { CallError, newMap } from '#lang/gotemplate/value.ts';
import { parseExact } from '#base/exact-json.ts';
import { readBody } from '#client/response-body.ts';
import { resourcePath } from '#api/resource-ref.ts';
import type { Chart } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import type { Lookup } from '#platform/charts/render/helm-functions.ts';
import { goValueOf } from '#platform/charts/render/go-values.ts';
import type { RenderOptions, RenderedChart } from '#platform/charts/render/render.ts';
import { renderChart } from '#platform/charts/render/render.ts';
import type { ReleaseContext } from '#platform/charts/releases/context.ts';
import { valueOf } from '#platform/charts/values/table.ts';

/** A chart that keeps asking for objects named by earlier answers is stopped here. */
const maxRounds = 50;

/** What a chart is rendered with, less what the context knows. */
export type LiveRenderOptions = Omit<RenderOptions, 'capabilities' | 'functions' | 'lookup' | 'hostByName' | 'warn'> & {
  /** Whether `lookup` asks the cluster; otherwise it finds nothing, as with --dry-run=client. */
  readonly lookups: 'live' | 'none';
  /** Answers getHostByName; without it every answer is empty. */
  readonly hostByName?: (name: string) => Promise<string>;
};

/** Renders a chart for the context's cluster. Throws as renderChart does. */
export async function renderLive(
  context: ReleaseContext,
  chart: Chart,
  options: LiveRenderOptions,
): Promise<RenderedChart> {
  const capabilities = await context.resources.capabilities(context.debug);
  const answers = new Map<string, Answer>();
  const hosts = new Map<string, string>();
  const { lookups, hostByName, ...rest } = options;
  for (let round = 0; ; round++) {
    const missing = new Map<string, Question>();
    const unknownHosts = new Set<string>();
    const warnings: string[] = [];
    const lookup = lookups === 'live' ? { lookup: lookupFrom(answers, missing) } : {};
    const render = (): Promise<RenderedChart> =>
      renderChart(chart, {
        ...rest,
        ...lookup,
        ...(hostByName === undefined ? {} : { hostByName: (name) => knownHost(name, hosts, unknownHosts) }),
        capabilities,
        functions: context.functions,
        warn: (message) => warnings.push(message),
      });
    const result = await attempt(render);
    const isComplete = missing.size === 0 && unknownHosts.size === 0;
    if (isComplete || round === maxRounds) {
      for (const message of warnings) context.warn(message);
      if ('error' in result) throw result.error;
      if (!isComplete) throw new ChartError(`lookup: ${maxRounds} rounds of requests were not enough`);
      return result.value;
    }
    await Promise.all([...unknownHosts].map(async (name) => hosts.set(name, (await hostByName?.(name)) ?? '')));
    await Promise.all(
      [...missing].map(async ([key, question]) => void answers.set(key, await answerOf(context, question))),
    );
  }
}

async function attempt<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

function knownHost(name: string, hosts: ReadonlyMap<string, string>, unknown: Set<string>): string {
  const address = hosts.get(name);
  if (address === undefined) unknown.add(name);
  return address ?? '';
}

interface Question {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}
/** A fresh value each time, for templates may change what they are given. */
type Answer = { readonly found: () => GoValue } | { readonly problem: string };

function lookupFrom(answers: ReadonlyMap<string, Answer>, missing: Map<string, Question>): Lookup {
  return (apiVersion, kind, namespace, name) => {
    const question = { apiVersion, kind, namespace, name };
    const key = JSON.stringify(question);
    const answer = answers.get(key);
    if (answer === undefined) {
      missing.set(key, question);
      return newMap();
    }
    if ('problem' in answer) throw new CallError(answer.problem);
    return answer.found();
  };
}

async function answerOf(context: ReleaseContext, question: Question): Promise<Answer> {
  const { apiVersion, kind, namespace, name } = question;
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const resource = await context.resources.find(apiVersion, kind);
  // A kind that its group version does not have is like an object that is not there; a group version may not be missing.
  const isKnown = (await context.resources.discovery()).groupVersions.includes(apiVersion);
  if (resource === undefined && isKnown) return { found: () => newMap() };
  if (resource === undefined)
    return {
      problem: `unable to get apiresource from unstructured: ${group}/${apiVersion.slice(slash + 1)}, Kind=${kind}: the server could not find the requested resource`,
    };
  const path = resourcePath(
    resource,
    resource.namespaced && namespace !== '' ? namespace : undefined,
    name === '' ? undefined : name,
  );
  try {
    const response = await context.client.request({ method: 'GET', path });
    const plain = parseExact(new TextDecoder().decode(await readBody(response)));
    return { found: () => goValueOf(valueOf(plain)) };
  } catch (error) {
    return isNotFound(error) ? { found: () => newMap() } : { problem: errorMessage(error) };
  }
}
