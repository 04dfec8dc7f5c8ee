/** The one place where the store's errors become answers. */
import { alreadyExists, conflict, type GroupResource, objectModified, StatusError } from '#api/status.ts';
import {
  Compacted,
  FutureRevision,
  KeyExists,
  ReadOnly,
  RevisionMismatch,
  WriteFailed,
  WriteUnknown,
} from '#storage/errors.ts';

/** What a failed write is answered with; anything that is not an error of the store is passed through. */
export function writeError(error: unknown, resource: GroupResource, name: string): unknown {
  if (error instanceof KeyExists) return alreadyExists(resource, name);
  if (error instanceof RevisionMismatch) return conflict(resource, name, objectModified);
  if (error instanceof ReadOnly) return new StatusError(503, 'ServiceUnavailable', error.message);
  if (error instanceof WriteFailed) return new StatusError(500, '', error.message);
  if (error instanceof WriteUnknown) return new StatusError(504, 'Timeout', `Timeout: ${error.message}`, {});
  return error;
}

/** A list of a revision that is no longer kept. */
export function listError(error: unknown, asked: number): unknown {
  if (error instanceof Compacted)
    return new StatusError(410, 'Expired', 'The resourceVersion for the provided list is too old.');
  if (error instanceof FutureRevision) return tooLarge(asked, error.current);
  return error;
}

/** A watch from a revision that is no longer kept; sent as an ERROR event. */
export function tooOld(asked: number, oldest: number): StatusError {
  return new StatusError(410, 'Expired', `too old resource version: ${asked} (${oldest})`);
}

/** A read at a revision that has not happened. */
export function tooLarge(asked: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
