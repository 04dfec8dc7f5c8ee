/**
 * Records in Secrets or ConfigMaps, as Helm 3 and 4 write them. Releases too large for one object are kept in several;
 * see storage/parts.ts.
 */
import type { Clock } from '#base/clock.ts';
import { errorMessage } from '#base/logger.ts';
import { isAlreadyExists, isNotFound } from '#api/status.ts';
import type { Client } from '#client/client.ts';
import type { Release } from '#platform/charts/release.ts';
import { ReleaseError, releaseExists, releaseNotFound } from '#platform/charts/releases/errors.ts';
import type { ReleaseDriver } from '#platform/charts/releases/storage/driver.ts';
import { recordLabels, userLabels } from '#platform/charts/releases/storage/driver.ts';
import type { Compression } from '#platform/charts/releases/storage/encoding.ts';
import { PartStore } from '#platform/charts/releases/storage/parts.ts';
import type { RecordKind } from '#platform/charts/releases/storage/record-kind.ts';

/** What the driver works with. An empty namespace lists the records of all of them. */
export interface DriverPorts {
  readonly client: Client;
  readonly namespace: string;
  readonly clock: Clock;
  readonly compression: Compression;
  debug(message: string): void;
}

/** Helm's drivers `secret` and `configmap`. */
export function objectDriver(kind: RecordKind, ports: DriverPorts): ReleaseDriver {
  const { client, namespace, clock, compression } = ports;
  const parts = new PartStore(kind, client, compression);
  const metadata = (name: string, release: Release, stamp: 'createdAt' | 'modifiedAt') => ({
    name,
    namespace,
    labels: recordLabels(release, { [stamp]: String(Math.floor(clock.now() / 1000)) }),
  });
  const readAll = async (labelSelector: string): Promise<Release[]> => {
    const scope = namespace === '' ? {} : { namespace };
    const list = await client.list(kind.resource, { labelSelector, ...scope });
    const releases = await Promise.all(
      list.items.map((item) =>
        parts.read(item).catch((error: unknown) => {
          ports.debug(`failed to decode release: ${item.metadata.name}: ${errorMessage(error)}`);
        }),
      ),
    );
    return releases.filter((release) => release !== undefined);
  };
  return {
    name: kind.name,
    async get(key) {
      const item = await client.find(kind.resource, { namespace, name: key });
      if (item === undefined) throw releaseNotFound();
      return withUserLabels(await prefixed(parts.read(item), `get: failed to decode data ${JSON.stringify(key)}`));
    },
    list: () => prefixed(readAll('owner=helm'), 'list: failed to list'),
    async query(labels) {
      const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      const found = await prefixed(readAll(selector.sort().join(',')), 'query: failed to query with labels');
      if (found.length === 0) throw releaseNotFound();
      return found.map(withUserLabels);
    },
    async create(key, release) {
      try {
        await parts.create(metadata(key, release, 'createdAt'), release);
      } catch (error) {
        throw isAlreadyExists(error) ? releaseExists() : wrapped(error, 'create: failed to create');
      }
    },
    update: (key, release) =>
      prefixed(parts.update(metadata(key, release, 'modifiedAt'), release), 'update: failed to update'),
    async delete(key) {
      try {
        await client.delete(kind.resource, { namespace, name: key });
      } catch (error) {
        throw isNotFound(error) ? releaseNotFound() : error;
      }
    },
  };
}

function withUserLabels(release: Release): Release {
  return { ...release, labels: userLabels(release.labels) };
}

async function prefixed<T>(work: Promise<T>, what: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw wrapped(error, what);
  }
}

function wrapped(error: unknown, what: string): unknown {
  return error instanceof ReleaseError ? error : new ReleaseError(`${what}: ${errorMessage(error)}`);
}
