/**
 * The OpenAPI documents as bytes, made when they are asked for. Nothing happens before: the recorded data are loaded (and
 * may be dropped again) by the function given. The documents never change, so neither do their hashes.
 */
import type { OpenApiSpec } from '#api/openapi/spec.ts';
import { openApiV2Document } from '#api/openapi/v2.ts';
import { openApiV3Document } from '#api/openapi/v3.ts';

const encoder = new TextEncoder();

/** The documents of the built-in API. */
export class BuiltinOpenApi {
  readonly #load: () => OpenApiSpec;
  /** Upstream's documents are large; whoever asks for one asks again soon, or never. */
  readonly #bytes = new Map<string, Uint8Array>();
  #index: ReadonlyMap<string, string> | undefined;
  #spec: WeakRef<OpenApiSpec> | undefined;

  /** `load` gives the parsed spec/kubernetes/schema.json.gz; it is called again if its result has been collected meanwhile. */
  constructor(load: () => OpenApiSpec) {
    this.#load = load;
  }

  /** Path below /openapi/v3/ → hash of what its document is made from: equal hashes mean equal documents. */
  index(): ReadonlyMap<string, string> {
    if (this.#index === undefined) {
      const spec = this.#recorded();
      const shared = hashText(spec.version + JSON.stringify(spec.openapiV3.schemas));
      const groups = Object.entries(spec.openapiV3.groupVersions);
      this.#index = new Map(groups.map(([path, group]) => [path, hashText(shared + JSON.stringify(group))]));
    }
    return this.#index;
  }

  /** The document of a group version, JSON; undefined if there is none. */
  v3(path: string): Uint8Array | undefined {
    const known = this.#bytes.get(path);
    if (known !== undefined) return known;
    const document = openApiV3Document(this.#recorded(), path);
    return document === undefined ? undefined : this.#keep(path, document);
  }

  /** The document of /openapi/v2, JSON. */
  v2(): Uint8Array {
    return this.#bytes.get('v2') ?? this.#keep('v2', openApiV2Document(this.#recorded()));
  }

  #keep(key: string, document: object): Uint8Array {
    const bytes = encoder.encode(JSON.stringify(document));
    this.#bytes.set(key, bytes);
    return bytes;
  }

  #recorded(): OpenApiSpec {
    const known = this.#spec?.deref();
    if (known !== undefined) return known;
    const spec = this.#load();
    this.#spec = new WeakRef(spec);
    return spec;
  }
}

/** 128 bits in hexadecimal; tells documents apart, protects nothing. */
function hashText(text: string): string {
  let [a, b, c, d] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
    c = Math.imul(c ^ code, 0x1b873593) + a;
    d = Math.imul(d ^ code, 0x27d4eb2f) + b;
  }
  return [a, b, c, d].map((part) => (part >>> 0).toString(16).toUpperCase().padStart(8, '0')).join('');
}
