/**
 * The API server: one function from request to answer. It composes the chain and knows no kind.
 *
 *   request → what does the URL ask? → who asks? → as whom? → may they? → when? → registry or one of the plain paths
 *
 * Every answer carries an Audit-Id and forbids caching; every failure is a Status in upstream's words.
 */
import type { Clock } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import { type Random, uuid } from '#base/random.ts';
import type { ApiRequest, ApiResponse, Handler, UserInfo } from '#api/handler.ts';
import type { Authorizer } from '#api/resource.ts';
import { internalError, isStatusError, type StatusError, unauthorized } from '#api/status.ts';
import type { Authenticator } from '#apiserver/chain/authenticate.ts';
import { attributesOf, checkAuthorized } from '#apiserver/chain/authorize.ts';
import { impersonate } from '#apiserver/chain/impersonate.ts';
import { requestInfoOf, UnreadablePath } from '#apiserver/chain/request-info.ts';
import type { RequestInfo } from '#apiserver/request-info.ts';

/** Answers a request that was allowed. May throw StatusError. */
export type Endpoint = (request: ApiRequest, info: RequestInfo, user: UserInfo) => Promise<ApiResponse> | ApiResponse;

export interface ApiServerOptions {
  readonly authenticate: Authenticator;
  readonly authorizer: Authorizer;
  /** Resource requests: the registry. */
  readonly resources: Endpoint;
  /** All other paths: discovery, health, metrics, OpenAPI. */
  readonly paths: Endpoint;
  /** Renders a failure as the client accepts it (apiserver/negotiate.ts). */
  readonly renderError: (error: StatusError, request: ApiRequest) => ApiResponse;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface ApiServer {
  readonly handle: Handler;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { log, random } = options;
  const handle: Handler = async (request) => {
    let response: ApiResponse;
    try {
      response = await serve(options, request);
    } catch (error) {
      response = errorResponse(options, request, error);
    }
    return withServerHeaders(response, request.headers['audit-id'] ?? uuid(random));
  };
  log.debug('the API server is composed');
  return { handle };
}

async function serve(options: ApiServerOptions, request: ApiRequest): Promise<ApiResponse> {
  const info = requestInfoOf(request);
  const found = options.authenticate(request);
  const requestor = found instanceof Promise ? await found : found;
  if (requestor === undefined) throw unauthorized();
  const asked = attributesOf(info, requestor);
  const user = impersonate(request, asked, options.authorizer);
  checkAuthorized(options.authorizer, user === requestor ? asked : { ...asked, user });
  return info.isResourceRequest ? options.resources(request, info, user) : options.paths(request, info, user);
}

function errorResponse(options: ApiServerOptions, request: ApiRequest, error: unknown): ApiResponse {
  if (isStatusError(error)) return options.renderError(error, request);
  if (error instanceof UnreadablePath) {
    if (error.status === 400) return textResponse(400, '400 Bad Request');
    return textResponse(500, `Internal Server Error: ${JSON.stringify(request.path)}: ${error.message}\n`);
  }
  options.log.error('a request failed by a defect of the server', {
    method: request.method,
    path: request.path,
    error: error instanceof Error ? error.stack : error,
  });
  return options.renderError(internalError(errorMessage(error)), request);
}

const encoder = new TextEncoder();

/** A plain text answer, as Go's http.Error writes it. */
export function textResponse(status: number, text: string): ApiResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: { kind: 'bytes', bytes: encoder.encode(text) },
  };
}

function withServerHeaders(response: ApiResponse, auditId: string): ApiResponse {
  return {
    status: response.status,
    headers: { 'audit-id': auditId, 'cache-control': 'no-cache, private', ...response.headers },
    body: response.body,
  };
}
