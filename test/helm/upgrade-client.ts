/**
 * A client that upgrades a release, for being killed: `node upgrade-client.ts <kubeconfig> <release>`. Its chart has a hook
 * that never ends, so that it stays in the middle of the upgrade.
 */
import { createClient } from '#client/handler-client.ts';
import { createHttpHandler } from '#host/http/client.ts';
import { readKubeconfig } from '#host/kubeconfig-file.ts';
import { releaseCompression } from '#host/charts/release-compression.ts';
import { systemClock } from '#host/system-clock.ts';
import { systemRandom } from '#host/system-random.ts';
import { templateFunctions } from '#cmd/helm/functions.ts';
import { upgradeRelease } from '#platform/charts/releases/actions/upgrade.ts';
import { releaseContext } from '#platform/charts/releases/context.ts';
import { chartOf } from '#testing/releases.ts';

const [kubeconfig = '', name = ''] = process.argv.slice(2);
const found = await readKubeconfig(kubeconfig, { clock: systemClock });
const context = releaseContext({
  client: createClient(createHttpHandler(found).handle, { userAgent: 'helm' }),
  namespace: 'default',
  clock: systemClock,
  random: systemRandom,
  compression: releaseCompression,
  functions: templateFunctions(),
  identity: 'killed',
  debug() {},
  warn() {},
});
const chart = await chartOf({
  'templates/hook.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: endless\n  annotations: {helm.sh/hook: pre-upgrade}\nspec:\n  nodeName: nowhere\n  containers: [{name: main, image: busybox}]\n',
});
await upgradeRelease(context, { name, chart, values: new Map(), timeoutMs: 600_000, maxHistory: 10 });
