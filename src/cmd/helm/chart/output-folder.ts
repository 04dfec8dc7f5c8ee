/** `helm template --output-dir`: manifests to files, several documents of one template into one file. */
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { crdFiles } from '#platform/charts/chart.ts';
import type { RenderedChart } from '#platform/charts/render/render.ts';
import type { TemplateOutputOptions } from '#platform/charts/template-output.ts';

/** Where the files go: CRDs do not follow --release-name, as in Helm. */
export interface OutputFolder extends Omit<TemplateOutputOptions, 'manifests'> {
  readonly folder: string;
  readonly crdFolder: string;
}

const decoder = new TextDecoder();

/** Writes everything and says so, a line per document. Throws what the disk says. */
export function writeManifests(rendered: RenderedChart, options: OutputFolder, write: (text: string) => void): void {
  const written = new Set<string>();
  const put = (folder: string, name: string, data: string): void => {
    const path = `${folder}/${name}`;
    mkdirSync(dirname(path), { recursive: true });
    const text = `---\n# Source: ${name}\n${data}\n`;
    if (written.has(name)) appendFileSync(path, text);
    else writeFileSync(path, text, { mode: 0o666 });
    written.add(name);
    write(`wrote ${path}\n`);
  };
  if (options.crds === 'show')
    for (const { path, file } of crdFiles(rendered.chart)) put(options.crdFolder, path, decoder.decode(file.data));
  for (const { name, content } of rendered.manifests) put(options.folder, name, content);
  if (options.hooks === 'show') {
    for (const hook of rendered.hooks) {
      if (options.tests === 'hide' && hook.events.includes('test')) continue;
      if (existsSync(`${options.folder}/${hook.path}`)) written.add(hook.path);
      put(options.folder, hook.path, hook.manifest);
    }
  }
  write('\n');
}
