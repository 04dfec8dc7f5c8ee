/** A registry over the real store in memory, with two small kinds, for the tests of this folder. */
import type { Clock } from '#base/clock.ts';
import { silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import { SeededRandom } from '#base/random.ts';
import type { ApiRequest, ApiResponse, FrameSink } from '#api/handler.ts';
import type { HasMetadata } from '#api/object.ts';
import type { Resource } from '#api/resource.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';
import { requestInfoOf } from '#apiserver/chain/request-info.ts';
import { Registry, type RegistryOptions } from '#apiserver/registry/registry.ts';

export const configmaps: Resource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  columns: [
    { name: 'Data', type: 'string', value: (object) => Object.keys((object as { data?: object }).data ?? {}).length },
    { name: 'Age', type: 'string', format: 'age', value: () => '' },
  ],
};

interface Deploymentish extends HasMetadata {
  spec: { replicas?: number; selector: { matchLabels?: Record<string, string> } };
  status: { replicas?: number };
}

/** Has a spec with generations, a status, and a scale. */
export const deployments: Resource<Deploymentish> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.Deployment',
  defaults(object) {
    object.spec.replicas ??= 1;
  },
  validate(object) {
    const { replicas = 0 } = object.spec;
    if (replicas >= 0) return [];
    const detail = 'must be greater than or equal to 0';
    return [{ type: 'FieldValueInvalid', field: 'spec.replicas', badValue: replicas, detail }];
  },
  subresources: {
    status: true,
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelector: (object) =>
        Object.entries(object.spec.selector.matchLabels ?? {})
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
    },
  },
};

interface Podish extends HasMetadata {
  spec: { nodeName?: string };
  status: { phase?: string };
}

/** Is deleted gracefully and selectable by fields. */
export const pods: Resource<Podish> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Pod',
  returnsDeletedObject: true,
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
  },
  gracePeriodSeconds(object, requested) {
    const seconds = requested ?? 30;
    return object.spec.nodeName === undefined ? 0 : seconds;
  },
  subresources: { status: true },
  selectableFieldNames: ['spec.nodeName', 'status.phase'],
  selectableFields: (object) => ({
    'spec.nodeName': object.spec.nodeName ?? '',
    'status.phase': object.status.phase ?? '',
  }),
};

/** Time that only tests move. */
export class TestClock implements Clock {
  nowMs = Date.parse('2026-03-01T10:00:00Z');
  readonly #timers: { atMs: number; callback: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  monotonic(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  turn(): Promise<void> {
    return Promise.resolve();
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const timer of this.#timers.filter((other) => other.atMs <= this.nowMs)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.callback();
    }
  }
}

export interface TestServer {
  readonly registry: Registry;
  readonly clock: TestClock;
  /** `POST /api/v1/namespaces/a/configmaps?dryRun=All`, with a body as JSON. */
  call(line: string, body?: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  /** Opens a watch and returns the list its frames are parsed into. */
  watch(path: string, headers?: Record<string, string>): Promise<TestWatch>;
  /** Opens a watch whose raw frames are gathered. */
  frames(path: string, into: Uint8Array[], headers: Record<string, string>): Promise<void>;
}
export interface TestAnswer {
  readonly status: number;
  readonly headers: ApiResponse['headers'];
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly text: string;
}
export interface TestWatch {
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly events: any[];
  readonly isEnded: () => boolean;
  close(): void;
}

const decoder = new TextDecoder();

export async function startServer(options: Partial<RegistryOptions> = {}): Promise<TestServer> {
  const clock = new TestClock();
  const store = await Store.open(new MemoryBackend(), [], { clock });
  const registry = new Registry({
    store,
    resources: [configmaps, deployments, pods] as Resource[],
    admission: [],
    schemas: builtinSchemas,
    clock,
    random: new SeededRandom(7),
    log: silentLogger,
    metrics: noMetrics,
    settings: { serviceCIDRs: [], nodePortRange: { from: 30000, to: 32767 }, serviceAccountIssuer: '' },
    authorizer: { authorize: () => ({ decision: 'allow', reason: '' }) },
    tokens: { issue: () => Promise.reject(new Error('none')), authenticate: () => Promise.resolve(undefined) },
    nodes: { connect: () => undefined },
    ...options,
  });
  const send = (line: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiResponse> => {
    const request = requestOf(line, body, headers);
    return registry.serve(requestInfoOf(request), request, { name: 'admin', groups: ['system:masters'] });
  };
  return {
    registry,
    clock,
    async call(line, body, headers) {
      const response = await send(line, body, headers);
      const text = decoder.decode(await bodyBytes(response));
      const isPlain = response.headers['content-encoding'] === undefined;
      const isJson = isPlain && text !== '' && response.headers['content-type'] === 'application/json';
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
    },
    async watch(path, headers) {
      const response = await send(`GET ${path}`, undefined, headers);
      if (response.body.kind !== 'frames') throw new Error(decoder.decode(await bodyBytes(response)));
      return openWatch(response.body.open);
    },
    async frames(path, into, headers) {
      const response = await send(`GET ${path}`, undefined, headers);
      if (response.body.kind !== 'frames') throw new Error(decoder.decode(await bodyBytes(response)));
      response.body.open({ write: (frame) => into.push(frame), end() {}, onClose() {} });
    },
  };
}

function requestOf(line: string, body: unknown, headers: Record<string, string>): ApiRequest {
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  const bytes =
    body === undefined ? undefined : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    method,
    path,
    query,
    headers: { 'user-agent': 'test/1', ...headers },
    ...(bytes === undefined ? {} : { body: bytes }),
    peer: { address: '' },
    signal: new AbortController().signal,
  };
}

async function bodyBytes(response: ApiResponse): Promise<Uint8Array> {
  if (response.body.kind === 'bytes') return response.body.bytes;
  if (response.body.kind !== 'chunks') return new Uint8Array();
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body.chunks) chunks.push(chunk);
  const result = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result;
}

function openWatch(open: (sink: FrameSink) => void): TestWatch {
  const events: unknown[] = [];
  let isEnded = false;
  const closers: (() => void)[] = [];
  const close = (): void => {
    for (const closer of closers.splice(0)) closer();
  };
  open({
    write(frame) {
      for (const line of decoder.decode(frame).split('\n')) if (line !== '') events.push(JSON.parse(line));
    },
    end() {
      isEnded = true;
      close();
    },
    onClose: (callback) => closers.push(callback),
  });
  return { events, isEnded: () => isEnded, close };
}
