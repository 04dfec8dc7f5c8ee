/** `helm version`: which Helm this follows. */
import type { HelmContext } from '#cmd/helm/context.ts';
import { helmVersion } from '#platform/charts/capabilities.ts';

/** Prints the version whole, shortly, or through a Go template over `.Version`, `.GitCommit`, … */
export async function version(
  flags: { readonly short: boolean; readonly template: string },
  _args: readonly string[],
  context: HelmContext,
): Promise<void> {
  const { version: number, gitCommit, gitTreeState, goVersion } = helmVersion;
  if (flags.template !== '') {
    const { StructValue } = await import('#platform/charts/render/struct-value.ts');
    const { renderText } = await import('#cmd/helm/chart/text-template.ts');
    const fields = [
      ['Version', number],
      ['GitCommit', gitCommit],
      ['GitTreeState', gitTreeState],
      ['GoVersion', goVersion],
    ] as const;
    return context.write(
      renderText(
        '_',
        flags.template,
        new StructValue({ goType: 'version.BuildInfo', kind: 'struct', fields, json: null }),
      ),
    );
  }
  if (flags.short) {
    const commit = gitCommit.length >= 7 ? `+g${gitCommit.slice(0, 7)}` : '';
    return context.write(`${number}${commit}\n`);
  }
  context.write(
    `version.BuildInfo{Version:"${number}", GitCommit:"${gitCommit}", GitTreeState:"${gitTreeState}", GoVersion:"${goVersion}"}\n`,
  );
}
