export interface GoldenStep {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly sleepMs?: number;
  readonly during?: readonly GoldenStep[];
}
export interface GoldenCase {
  readonly id: string;
  readonly group: string;
  readonly ns?: string;
  readonly serial?: boolean;
  readonly steps: readonly GoldenStep[];
}
export interface Difference {
  readonly step: number;
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}
export class Client {
  constructor(options: { server: string; token?: string });
  readonly agent: { destroy(): void };
  readonly anon: { destroy(): void };
}
export function readCases(file: string): GoldenCase[];
export function runCase(client: Client, golden: GoldenCase, options: { salt: string }): Promise<unknown[]>;
export function compareCase(golden: GoldenCase, results: unknown[], loose: boolean): Difference | null;
export function pool<T>(items: readonly T[], concurrency: number, work: (item: T) => Promise<void>): Promise<void>;
