/**
 * The port for requests to foreign HTTP servers (chart repositories, registries, token services). Redirects are followed by
 * the implementation (host/charts/http.ts on a machine, `fetch` in a browser); credentials do not follow to another host.
 */

/** One request; headers in lower case. */
export interface FetchRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** No more than this many bytes of an answer are read; the request fails beyond. */
  readonly maxBytes?: number | undefined;
}

/** A whole answer; header names in lower case. */
export interface FetchResponse {
  readonly status: number;
  /** `404 Not Found`. */
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The URL that answered, after redirects. */
  readonly url: string;
}

/** Rejects with {@link FetchError} if there is no answer. */
export type Fetch = (request: FetchRequest) => Promise<FetchResponse>;

/** No answer came. The message is Go's: `Get "http://…": dial tcp 127.0.0.1:1: connect: connection refused`. */
export class FetchError extends Error {
  override name = 'FetchError';
  /** `plain-http`: a server that speaks plain HTTP was asked over TLS. */
  readonly reason: 'plain-http' | 'other';

  constructor(message: string, reason: 'plain-http' | 'other') {
    super(message);
    this.reason = reason;
  }
}

/** How connections are secured. PEM texts; empty ones count as absent. */
export interface TlsMaterial {
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly authority?: string | undefined;
  readonly verify: 'always' | 'never';
}
