/** The Dataplane port over nftables: one table per instance, deltas as single transactions. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from '#base/logger.ts';
import { type RuleSet, staleFlows } from '#proxy/rules.ts';
import type { Dataplane } from '#proxy/service-proxy.ts';
import {
  difference,
  emptyProgram,
  type Program,
  programOf,
  tableCommands,
  type TableOptions,
} from '#host/nftables/program.ts';
import { NftSession } from '#host/nftables/nft-session.ts';

const run = promisify(execFile);

/** Invariants: 1. `#program` is what the kernel holds; 2. unknown after a failure, so the next apply rebuilds the table. */
export class NftDataplane implements Dataplane {
  readonly #options: TableOptions;
  readonly #log: Logger;
  readonly #session = new NftSession();
  #program: Program | undefined;
  #rules: RuleSet = { services: [], hostPorts: [] };

  constructor(options: TableOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  async apply(rules: RuleSet): Promise<void> {
    const next = programOf(rules, this.#options);
    const before = this.#program ?? emptyProgram;
    const commands = difference(before, next, this.#options.table);
    const transaction = this.#program === undefined ? [...tableCommands(this.#options), ...commands] : commands;
    if (transaction.length > 0) {
      this.#program = undefined;
      await this.#session.run(transaction);
    }
    this.#program = next;
    await this.#forgetFlows(this.#rules, rules);
    this.#rules = rules;
  }

  async remove(): Promise<void> {
    await this.#session.run([`add table ip ${this.#options.table}`, `delete table ip ${this.#options.table}`]);
    await this.#session.close();
    this.#program = undefined;
  }

  async #forgetFlows(before: RuleSet, after: RuleSet): Promise<void> {
    for (const { address, port, endpointIP } of staleFlows(before, after)) {
      const args = [
        '-D',
        '-p',
        'udp',
        '--orig-dst',
        address,
        '--orig-port-dst',
        String(port),
        '--reply-src',
        endpointIP,
      ];
      await run('conntrack', args).catch((error: { stderr?: string }) => {
        if (error.stderr?.includes('0 flow entries') !== true) this.#log.debug('conntrack', { error: error.stderr });
      });
    }
  }
}
