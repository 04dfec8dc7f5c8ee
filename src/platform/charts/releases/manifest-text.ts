/** The manifest of a release as it is recorded, and what becomes of it on its way: hidden Secrets, post-renderers. */
import { errorMessage } from '#base/logger.ts';
import type { RenderedChart } from '#platform/charts/render/render.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';

/** Takes the manifest of a release and gives the one to use; hooks are not passed through it. */
export type PostRenderer = (manifest: string) => Promise<string>;

/** How the manifest is written. */
export interface ManifestOptions {
  readonly hideSecrets: boolean;
  readonly postRenderer: PostRenderer | undefined;
}

/** Every document behind the path it came from. Throws what the post-renderer throws, behind Helm's words. */
export async function releaseManifest(
  rendered: RenderedChart,
  { hideSecrets, postRenderer }: ManifestOptions,
): Promise<string> {
  const text = rendered.manifests
    .map(({ name, content, kind, apiVersion }) =>
      hideSecrets && kind === 'Secret' && apiVersion === 'v1'
        ? `---\n# Source: ${name}\n# HIDDEN: The Secret output has been suppressed\n`
        : `---\n# Source: ${name}\n${content}\n`,
    )
    .join('');
  if (postRenderer === undefined) return text;
  try {
    return await postRenderer(text);
  } catch (error) {
    throw new ReleaseError(`error while running post render on files: ${errorMessage(error)}`);
  }
}
