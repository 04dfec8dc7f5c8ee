/** The entry point of the agent process: `node agent-main.ts CONFIG.json`. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import type { AgentConfig } from '#cmd/agent.ts';

// Before anything else is loaded: what is in the cache is neither compiled nor stripped of its types again.
enableCompileCache();
const { runAgent } = await import('#cmd/agent.ts');
const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as AgentConfig;
const order = new Promise<'leave' | 'drain'>((resolve) => {
  process.once('SIGTERM', () => resolve('leave'));
  process.once('SIGINT', () => resolve('drain'));
});
// The clock's timers keep no process alive, and without an API server there may be nothing else that does.
setInterval(() => {}, 2 ** 31 - 1);
await runAgent(config, order);
process.exit(0);
