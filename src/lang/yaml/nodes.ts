/** A YAML text as a tree, with the lines that Go's messages name. The grammar is js-yaml's; what scalars mean is not asked here. */
import type { Event, ScalarEvent } from 'js-yaml';
import { EVENT_ID, SCALAR_STYLE, YAMLException, getScalarValue, parseEvents } from 'js-yaml';

/** A text that is no YAML; the message has Go's form `yaml: line 3: …`. */
export class YamlError extends Error {
  override name = 'YamlError';
}

export type YamlNode =
  | {
      readonly type: 'scalar';
      readonly text: string;
      readonly plain: boolean;
      readonly tag: string;
      readonly line: number;
    }
  | { readonly type: 'sequence'; readonly items: YamlNode[]; readonly line: number }
  | { readonly type: 'mapping'; readonly entries: [YamlNode, YamlNode][]; readonly line: number }
  | { readonly type: 'alias'; readonly name: string; readonly target: YamlNode; readonly line: number };

const maxDepth = 1000;

/** What Go's reader stops at: control characters and code points that are no characters. */
// oxlint-disable-next-line no-control-regex
const refused = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]/;

/** The documents of a text. Throws {@link YamlError}. */
export function parseYaml(text: string): YamlNode[] {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (refused.test(source)) throw new YamlError('yaml: control characters are not allowed');
  try {
    return new Builder(source, parseEvents(source, { maxDepth })).documents();
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const indented = indentedFlow(source, error);
    if (indented !== undefined) return parseIndented(indented);
    throw new YamlError(goMessage(error, source));
  }
}

/** Go does not ask how far the lines inside brackets are indented; js-yaml does, so they are moved to the right. */
function indentedFlow(source: string, error: YAMLException): string | undefined {
  const line = error.mark?.line;
  if (error.reason !== 'deficient indentation' || line === undefined) return undefined;
  const lines = source.split('\n');
  const text = lines[line];
  if (text === undefined || text.startsWith(flowIndent)) return undefined;
  lines[line] = flowIndent + text;
  return lines.join('\n');
}

const flowIndent = ' '.repeat(128);
const maxIndentedLines = 200;

function parseIndented(first: string): YamlNode[] {
  let source = first;
  for (let count = 0; ; count++) {
    try {
      return new Builder(source, parseEvents(source, { maxDepth })).documents();
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const indented = count < maxIndentedLines ? indentedFlow(source, error) : undefined;
      if (indented === undefined) throw new YamlError(goMessage(error, source));
      source = indented;
    }
  }
}

/** js-yaml's complaint in the words of Go's parser, where both have one. Go's scanner names no line when it is the first. */
function goMessage(error: YAMLException, source: string): string {
  const reason = error.reason ?? '';
  const line = (error.mark?.line ?? 0) + 1;
  const first = source.split('\n')[line - 1] ?? '';
  const isToken = /(?:^|[:-] +)[@`%]/.test(first) && /indentation|mapping entry/.test(reason);
  const message = isToken
    ? 'found character that cannot start any token'
    : goMessages.find(([pattern]) => pattern.test(reason))?.[1];
  if (message === undefined) return `yaml: line ${line}: ${reason}`;
  if (/flow collection/.test(reason) && /[[{,:]\s*$/.test(source))
    return `yaml: line ${line}: did not find expected node content`;
  const isParser = message.startsWith('did not');
  return line === 1 && !isParser ? `yaml: ${message}` : `yaml: line ${line}: ${message}`;
}

const goMessages: readonly (readonly [RegExp, string])[] = [
  [/tab characters? must not be used in indentation/i, 'found character that cannot start any token'],
  [/bad indentation of a mapping entry/i, 'mapping values are not allowed in this context'],
  [/bad indentation of a sequence entry/i, "did not find expected '-' indicator"],
  [/can not read a block mapping entry|implicit key/i, "could not find expected ':'"],
  [/unexpected end of the stream within a (double|single) quoted scalar/i, 'found unexpected end of stream'],
  [/unexpected end of the stream within a flow collection/i, "did not find expected ',' or ']'"],
  [/end of the stream or a document separator is expected/i, 'did not find expected <document start>'],
];

interface Open {
  readonly node: Extract<YamlNode, { type: 'sequence' | 'mapping' }> | undefined;
  key: YamlNode | undefined;
}

/** Builds the trees of one text. */
class Builder {
  readonly #source: string;
  readonly #events: readonly Event[];
  readonly #documents: YamlNode[] = [];
  readonly #open: Open[] = [];
  #anchors = new Map<string, YamlNode>();
  #line = 0;
  #lineOffset = 0;

  constructor(source: string, events: readonly Event[]) {
    this.#source = source;
    this.#events = events;
  }

  documents(): YamlNode[] {
    for (const event of this.#events) this.#take(event);
    return this.#documents;
  }

  #take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.#anchors = new Map();
        this.#open.push({ node: undefined, key: undefined });
        return;
      case EVENT_ID.SEQUENCE:
        this.#collection({ type: 'sequence', items: [], line: this.#lineAt(event.start) }, event);
        return;
      case EVENT_ID.MAPPING:
        this.#collection({ type: 'mapping', entries: [], line: this.#lineAt(event.start) }, event);
        return;
      case EVENT_ID.SCALAR:
        this.#add(this.#anchored(this.#scalar(event), event));
        return;
      case EVENT_ID.ALIAS:
        this.#add(this.#alias(this.#source.slice(event.anchorStart, event.anchorEnd)));
        return;
      case EVENT_ID.POP:
        this.#open.pop();
    }
  }

  #collection(
    node: Extract<YamlNode, { type: 'sequence' | 'mapping' }>,
    event: { anchorStart: number; anchorEnd: number },
  ): void {
    this.#add(this.#anchored(node, event));
    this.#open.push({ node, key: undefined });
  }

  #anchored<T extends YamlNode>(node: T, event: { anchorStart: number; anchorEnd: number }): T {
    if (event.anchorStart >= 0) this.#anchors.set(this.#source.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }

  #alias(name: string): YamlNode {
    const target = this.#anchors.get(name);
    if (target === undefined) throw new YamlError(`yaml: unknown anchor '${name}' referenced`);
    return { type: 'alias', name, target, line: this.#line };
  }

  #scalar(event: ScalarEvent): YamlNode {
    const tag = event.tagStart < 0 ? '' : this.#source.slice(event.tagStart, event.tagEnd);
    const line = this.#lineAt(Math.max(event.valueStart, 0));
    return {
      type: 'scalar',
      text: getScalarValue(this.#source, event),
      plain: event.style === SCALAR_STYLE.PLAIN,
      tag,
      line,
    };
  }

  #add(node: YamlNode): void {
    const open = this.#open.at(-1);
    if (open?.node === undefined) this.#documents.push(node);
    else if (open.node.type === 'sequence') open.node.items.push(node);
    else if (open.key === undefined) open.key = node;
    else {
      open.node.entries.push([open.key, node]);
      open.key = undefined;
    }
  }

  /** 1-based; offsets nearly always grow, so counting goes on from the last one. */
  #lineAt(offset: number): number {
    if (offset < this.#lineOffset) {
      this.#line = 0;
      this.#lineOffset = 0;
    }
    for (
      let i = this.#source.indexOf('\n', this.#lineOffset);
      i >= 0 && i < offset;
      i = this.#source.indexOf('\n', i + 1)
    ) {
      this.#line++;
      this.#lineOffset = i + 1;
    }
    return this.#line + 1;
  }
}
