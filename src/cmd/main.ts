/**
 * The command line: what is asked for is loaded, and nothing else.
 *
 *   wheelhouse up | down | status | doctor | kubeconfig | image | get | apply | delete | logs | exec
 *   wheelhouse helm …
 */
import { enableCompileCache } from 'node:module';

enableCompileCache();

const [verb, ...rest] = process.argv.slice(2);
if (verb === 'helm') {
  const { helmMain } = await import('#cmd/helm/main.ts');
  await helmMain(rest);
} else {
  const { runRoutes } = await import('#cmd/routes.ts');
  await runRoutes(process.argv.slice(2));
}
