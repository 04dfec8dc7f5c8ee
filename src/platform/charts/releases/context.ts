/** What every operation on releases works with: a cluster, the place of the records, and the ports of the machine. */
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import type { FunctionTable } from '#lang/gotemplate/value.ts';
import type { ObjectFailure } from '#platform/charts/releases/cluster/objects.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import { ClusterResources } from '#platform/charts/releases/cluster/resources.ts';
import type { ReleaseDriver } from '#platform/charts/releases/storage/driver.ts';
import type { Compression } from '#platform/charts/releases/storage/encoding.ts';
import { memoryDriver } from '#platform/charts/releases/storage/memory-driver.ts';
import { objectDriver } from '#platform/charts/releases/storage/object-driver.ts';
import { configMapRecords, secretRecords } from '#platform/charts/releases/storage/record-kind.ts';

/** What a context is made of. */
export interface ReleasePorts {
  readonly client: Client;
  /** Of the releases and of objects that name none; '' lists the releases of all namespaces. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly compression: Compression;
  /** Sprig and Helm's functions with this machine's cryptography. */
  readonly functions: FunctionTable;
  /** $HELM_DRIVER; undefined is `secret`. */
  readonly driver?: string;
  /** The holder that the Lease of an operation names, beside a random suffix; a host's or user's name. */
  readonly identity?: string;
  /** What --debug shows. */
  debug(message: string): void;
  /** What Helm logs even without --debug. */
  warn(message: string): void;
  /** Every object that could not be written, for error messages that say where it comes from (review/failure-places.ts). */
  objectFailed?(failure: ObjectFailure): void;
  /** Lines of hooks whose output-log-policy asks for them; undefined drops them. */
  hookOutput?(
    source: { readonly namespace: string; readonly pod: string; readonly container: string },
    text: string,
  ): void;
}

/** See {@link releaseContext}. */
export interface ReleaseContext extends Omit<ReleasePorts, 'driver'> {
  readonly driver: ReleaseDriver;
  readonly resources: ClusterResources;
}

/** Makes a context; asks the cluster nothing yet. Throws for a driver that is not known. */
export function releaseContext(ports: ReleasePorts): ReleaseContext {
  return { ...ports, driver: driverNamed(ports), resources: new ClusterResources(ports.client) };
}

function driverNamed(ports: ReleasePorts): ReleaseDriver {
  const { driver = '' } = ports;
  switch (driver) {
    case '':
    case 'secret':
    case 'secrets':
      return objectDriver(secretRecords, ports);
    case 'configmap':
    case 'configmaps':
      return objectDriver(configMapRecords, ports);
    case 'memory':
      return memoryDriver();
    default:
      // Deviation: `sql` is not there.
      throw new ReleaseError(`unknown driver ${JSON.stringify(driver)}`);
  }
}

/** The manager that writes of Helm are recorded under, so that releases change hands without conflicts. */
export const fieldManager = 'helm';
