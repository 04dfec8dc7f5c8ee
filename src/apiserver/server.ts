/**
 * The API server: one function from request to answer. It composes the chain and knows no kind.
 *
 *   request → what does the URL ask? → who asks? → as whom? → may they? → when? → registry or one of the plain paths
 *
 * Every answer carries an Audit-Id and forbids caching; every failure is a Status in upstream's words.
 */
import type { RequestMetrics } from '#apiserver/request-metrics.ts';
import type { Clock } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import { type Random, uuid } from '#base/random.ts';
import type { ApiRequest, ApiResponse, Handler, UserInfo } from '#api/handler.ts';
import type { Authorizer } from '#api/resource.ts';
import { internalError, isStatusError, unauthorized } from '#api/status.ts';
import type { Authenticator } from '#apiserver/chain/authenticate.ts';
import { attributesOf, checkAuthorized } from '#apiserver/chain/authorize.ts';
import { deadlineMs, withDeadline } from '#apiserver/chain/deadline.ts';
import { Fairness, type FairnessLimits } from '#apiserver/chain/fairness.ts';
import { impersonate } from '#apiserver/chain/impersonate.ts';
import { isLongRunning, isReadOnly } from '#apiserver/chain/long-running.ts';
import { requestInfoOf, UnreadablePath } from '#apiserver/chain/request-info.ts';
import { couldNotFind, type Paths, pageNotFound } from '#apiserver/discovery/paths.ts';
import { renderError } from '#apiserver/negotiate.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';
import { textResponse } from '#apiserver/text-response.ts';

/** Answers a request that was allowed. May throw StatusError. */
export type Endpoint = (request: ApiRequest, info: RequestInfo, user: UserInfo) => Promise<ApiResponse> | ApiResponse;

export interface ApiServerOptions {
  readonly authenticate: Authenticator;
  /** All of them: {@link privilegedGroupAuthorizer} first (chain/authorize.ts, unionAuthorizer). */
  readonly authorizer: Authorizer;
  /** Resource requests: the registry. */
  readonly resources: Endpoint;
  /** All other paths: discovery, health, metrics, OpenAPI. */
  readonly paths: Pick<Paths, 'answer' | 'servesGroup'>;
  /** How many requests run at once. */
  readonly limits?: FairnessLimits;
  /** Counts and times every resource request. */
  readonly requestMetrics?: RequestMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface ApiServer {
  readonly handle: Handler;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const chain: Chain = { ...options, fairness: new Fairness(options.limits, () => options.clock.monotonic()) };
  const handle: Handler = async (request) => {
    let response: ApiResponse;
    try {
      response = await serve(chain, request);
    } catch (error) {
      response = errorResponse(options, request, error);
    }
    return withServerHeaders(response, request.headers['audit-id'] ?? uuid(options.random));
  };
  return { handle };
}

interface Chain extends ApiServerOptions {
  readonly fairness: Fairness;
}

async function serve(options: Chain, request: ApiRequest): Promise<ApiResponse> {
  const info = requestInfoOf(request);
  const { requestMetrics, clock } = options;
  if (requestMetrics === undefined || !info.isResourceRequest) return await serveKnown(options, request, info);
  const startedMs = clock.monotonic();
  const kind = isReadOnly(info) ? 'readOnly' : 'mutating';
  let code = 500;
  requestMetrics.begin(kind);
  try {
    const response = await serveKnown(options, request, info);
    code = response.status;
    return response;
  } catch (error) {
    if (isStatusError(error)) code = error.code;
    throw error;
  } finally {
    requestMetrics.end(kind);
    const seconds = isLongRunning(info) ? undefined : (clock.monotonic() - startedMs) / 1000;
    requestMetrics.record(info, request.query.includes('dryRun=All') ? 'All' : '', code, seconds);
  }
}

async function serveKnown(options: Chain, request: ApiRequest, info: RequestInfo): Promise<ApiResponse> {
  const found = options.authenticate(request);
  const requestor = found instanceof Promise ? await found : found;
  if (requestor === undefined) throw unauthorized();
  const asked = attributesOf(info, requestor);
  const user = impersonate(request, asked, options.authorizer);
  checkAuthorized(options.authorizer, user === requestor ? asked : { ...asked, user });
  if (!info.isResourceRequest) return options.paths.answer(request, info);
  if (!options.paths.servesGroup(info.group)) return pageNotFound();
  // The old way of saying it, /api/v1/proxy/nodes/x, is still authorized as such and leads nowhere.
  if (info.verb === 'proxy') throw couldNotFind();
  if (isLongRunning(info)) return options.resources(request, info, user);
  const limitMs = deadlineMs(request.query);
  if (isReadOnly(info)) return options.fairness.run(user, 'read', () => options.resources(request, info, user));
  const work = options.fairness.run(user, 'write', () => options.resources(request, info, user));
  return withDeadline(options.clock, limitMs, work);
}

function errorResponse(options: ApiServerOptions, request: ApiRequest, error: unknown): ApiResponse {
  if (isStatusError(error)) return renderError(error, request);
  if (error instanceof UnreadablePath) {
    if (error.status === 400) return textResponse(400, '400 Bad Request');
    return textResponse(500, `Internal Server Error: ${JSON.stringify(request.path)}: ${error.message}\n`);
  }
  const detail = error instanceof Error ? error.stack : error;
  options.log.error('a request failed by a defect of the server', {
    method: request.method,
    path: request.path,
    detail,
  });
  return renderError(internalError(errorMessage(error)), request);
}

function withServerHeaders(response: ApiResponse, auditId: string): ApiResponse {
  return {
    status: response.status,
    headers: { 'audit-id': auditId, 'cache-control': 'no-cache, private', ...response.headers },
    body: response.body,
  };
}
