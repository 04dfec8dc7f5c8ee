/** metav1.DeleteOptions, from a body or from the query. */
import type { ApiRequest } from '#api/handler.ts';
import { badRequest, fieldError, type FieldError, invalid } from '#api/status.ts';
import { bodyFormat } from '#apiserver/accept.ts';
import { decodeOptions } from '#apiserver/registry/decode.ts';
import { booleanParameter, integerParameter, type Query, validateDryRun } from '#apiserver/registry/query.ts';

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds: number | undefined;
  readonly orphanDependents: boolean | undefined;
  readonly propagationPolicy: 'Orphan' | 'Background' | 'Foreground' | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
}

/** Deletes at once what nothing holds. */
export const plainDelete: DeleteOptions = {
  dryRun: false,
  gracePeriodSeconds: undefined,
  orphanDependents: undefined,
  propagationPolicy: undefined,
  preconditions: {},
};

interface Body {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly dryRun?: readonly string[];
  readonly gracePeriodSeconds?: number;
  readonly orphanDependents?: boolean;
  readonly propagationPolicy?: string;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** A body, if there is one, replaces the query. Throws 400 and 422 in upstream's words. */
export function deleteOptions(request: ApiRequest, query: Query): DeleteOptions {
  const { body } = request;
  const given = body !== undefined && body.length > 0 ? fromBody(request, body) : fromQuery(query);
  if (given === undefined) return plainDelete;
  const errors = validateOptions(given);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  return {
    dryRun: (given.dryRun?.length ?? 0) > 0,
    gracePeriodSeconds: given.gracePeriodSeconds,
    orphanDependents: given.orphanDependents,
    propagationPolicy: given.propagationPolicy as DeleteOptions['propagationPolicy'],
    preconditions: given.preconditions ?? {},
  };
}

function fromBody(request: ApiRequest, body: Uint8Array): Body {
  const format = bodyFormat(request.headers['content-type']);
  const options = decodeOptions(body, format, 'DeleteOptions') as Body;
  const { kind = '', apiVersion = '' } = options;
  if (kind !== '' && kind !== 'DeleteOptions') throw badRequest(foreignKind(kind, apiVersion));
  return options;
}

function foreignKind(kind: string, apiVersion: string): string {
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
}

function fromQuery(query: Query): Body | undefined {
  if (query.size === 0) return undefined;
  const gracePeriodSeconds = integerParameter(query, 'gracePeriodSeconds');
  const orphanDependents = booleanParameter(query, 'orphanDependents');
  const propagationPolicy = query.get('propagationPolicy') ?? undefined;
  return {
    dryRun: query.getAll('dryRun'),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
  };
}

const policies = ['Foreground', 'Background', 'Orphan'];

function validateOptions({ orphanDependents, propagationPolicy, dryRun }: Body): FieldError[] {
  const errors: FieldError[] = [];
  const field = 'propagationPolicy';
  if (orphanDependents !== undefined && propagationPolicy !== undefined)
    errors.push(
      fieldError.invalid(field, propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'),
    );
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy))
    errors.push(fieldError.notSupported(field, propagationPolicy, [...policies, 'nil']));
  return [...errors, ...validateDryRun(dryRun ?? [])];
}
