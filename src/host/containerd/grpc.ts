/**
 * Unary and server-streaming gRPC over one unix socket, from .proto text: `grpc.call('runtime.v1.RuntimeService/Version', {})`.
 * Messages are plain objects in camelCase; int64 are numbers (all values here are below 2^53 or only measured in ms).
 */
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

interface Method {
  readonly path: string;
  serialize(message: object): Buffer;
  deserialize(bytes: Buffer): object;
}

/** A failed call; `code` is the gRPC status code (5 NOT_FOUND, 14 UNAVAILABLE …), the message is the server's own text. */
export class GrpcError extends Error {
  override name = 'GrpcError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const isGrpcNotFound = (error: unknown): boolean => error instanceof GrpcError && error.code === 5;
export const isGrpcUnavailable = (error: unknown): boolean => error instanceof GrpcError && error.code === 14;

const decoding: protobuf.IConversionOptions = { longs: Number, defaults: true, arrays: true, objects: true };

/**
 * 1. One connection, made when the first call needs it and made again by itself after the server has gone.
 * 2. Every call is sent in containerd's namespace `k8s.io`.
 */
export class GrpcClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  readonly #methods = new Map<string, Method>();
  readonly #roots: protobuf.Root[] = [];

  constructor(socketPath: string, protos: readonly string[]) {
    this.#client = new Client(`unix://${socketPath}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': 64 << 20,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    });
    this.#metadata.set('containerd-namespace', 'k8s.io');
    for (const text of protos) this.#roots.push(protobuf.parse(text).root);
  }

  /** `method` is `package.Service/Method`. */
  call<R>(
    method: string,
    request: object,
    options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
  ): Promise<R> {
    const { path, serialize, deserialize } = this.#method(method);
    return new Promise<R>((resolve, reject) => {
      const deadline = options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
      const call = this.#client.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        request,
        this.#metadata,
        deadline,
        (error, answer) => {
          options.signal?.removeEventListener('abort', cancel);
          if (error === null) resolve(answer as R);
          else reject(asGrpcError(error));
        },
      );
      const cancel = (): void => call.cancel();
      options.signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** Yields messages until the server ends the stream; throws when it breaks, returns when `signal` is aborted. */
  async *stream<R>(method: string, request: object, signal: AbortSignal): AsyncGenerator<R> {
    const { path, serialize, deserialize } = this.#method(method);
    const call = this.#client.makeServerStreamRequest(path, serialize, deserialize, request, this.#metadata, {});
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of call) yield message as R;
    } catch (error) {
      if (!signal.aborted) throw asGrpcError(error as ServiceError);
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  /** Decodes the value of a google.protobuf.Any whose type is known. */
  decode<R>(typeName: string, bytes: Uint8Array): R {
    const type = this.#lookupType(typeName);
    return type.toObject(type.decode(bytes), decoding) as R;
  }

  close(): void {
    this.#client.close();
  }

  #lookupType(name: string): protobuf.Type {
    for (const root of this.#roots) {
      const found = root.lookup(name, [protobuf.Type]);
      if (found instanceof protobuf.Type) return found;
    }
    throw new Error(`no such message type: ${name}`);
  }

  #method(name: string): Method {
    const known = this.#methods.get(name);
    if (known !== undefined) return known;
    const slash = name.indexOf('/');
    const service = this.#lookupService(name.slice(0, slash));
    const rpc = service.methods[name.slice(slash + 1)];
    if (rpc === undefined) throw new Error(`no such method: ${name}`);
    const [request, response] = [service.lookupType(rpc.requestType), service.lookupType(rpc.responseType)];
    const method: Method = {
      path: `/${name}`,
      serialize: (message) => Buffer.from(request.encode(message).finish()),
      deserialize: (bytes) => response.toObject(response.decode(bytes), decoding),
    };
    this.#methods.set(name, method);
    return method;
  }

  #lookupService(name: string): protobuf.Service {
    for (const root of this.#roots) {
      const found = root.lookup(name);
      if (found instanceof protobuf.Service) return found;
    }
    throw new Error(`no such service: ${name}`);
  }
}

function asGrpcError(error: ServiceError): GrpcError {
  return new GrpcError(error.code, error.details === '' ? error.message : error.details);
}
