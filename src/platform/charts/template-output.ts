/** What `helm template` prints of a rendered chart. */
import { ChartError, crdFiles } from '#platform/charts/chart.ts';
import { splitManifests } from '#platform/charts/manifests.ts';
import { compileGlob } from '#platform/charts/path-match.ts';
import type { RenderError, RenderedChart } from '#platform/charts/render/render.ts';

/** The flags of `helm template` that choose what is shown. */
export interface TemplateOutputOptions {
  readonly crds: 'show' | 'hide';
  readonly hooks: 'show' | 'hide';
  readonly tests: 'show' | 'hide';
  /** Paths below the chart, shell patterns allowed; empty means all. */
  readonly showOnly: readonly string[];
  /** What a post-renderer made of the manifests. */
  readonly manifests?: string | undefined;
}

const decoder = new TextDecoder();

/** The output. Throws {@link ChartError} if a wanted file is not there. */
export function templateOutput(rendered: RenderedChart, options: TemplateOutputOptions): string {
  let text = `${(options.manifests ?? manifestText(rendered, options.crds)).trim()}\n`;
  if (options.hooks === 'show') {
    for (const hook of rendered.hooks) {
      if (options.tests === 'hide' && hook.events.includes('test')) continue;
      text += `---\n# Source: ${hook.path}\n${hook.manifest}\n`;
    }
  }
  return options.showOnly.length === 0 ? text : chosen(text, options.showOnly);
}

/** The manifest of a release: every document behind its source. */
export function manifestText(rendered: RenderedChart, crds: 'show' | 'hide' = 'hide'): string {
  const files = crds === 'show' ? crdFiles(rendered.chart) : [];
  const shown = files.map(({ path, file }) => `---\n# Source: ${path}\n${decoder.decode(file.data)}\n`);
  for (const { name, content } of rendered.manifests) shown.push(`---\n# Source: ${name}\n${content}\n`);
  return shown.join('');
}

/** The files of a rendering that failed behind the templates, for --debug. */
export function brokenText(error: RenderError): string {
  let text = '';
  for (const [name, content] of error.files) if (content.trim() !== '') text += `---\n# Source: ${name}\n${content}\n`;
  return `${text.trim()}\n`;
}

function chosen(text: string, patterns: readonly string[]): string {
  const documents = splitManifests(text).map((content) => ({
    content,
    path: /# Source: [^/]+\/(.+)/.exec(content)?.[1],
  }));
  let result = '';
  for (const pattern of patterns) {
    const matches = compileGlob(pattern);
    const found = documents.filter(({ path }) => path !== undefined && matches?.(path) === true);
    if (found.length === 0) throw new ChartError(`could not find template ${pattern} in chart`);
    for (const { content } of found) result += `---\n${content}\n`;
  }
  return result;
}
