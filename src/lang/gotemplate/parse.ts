/** Tokens to trees: a text gives the tree of its own name and one for each define and block in it. */
import { TemplateError } from '#lang/gotemplate/error.ts';
import { lex } from '#lang/gotemplate/lex.ts';
import type { Token, TokenType } from '#lang/gotemplate/lex.ts';
import { isEmptyTree, nodeText } from '#lang/gotemplate/nodes.ts';
import type {
  BranchNode,
  ChainNode,
  CommandNode,
  ListNode,
  MarkNode,
  Node,
  Operand,
  PipeNode,
  Tree,
  VariableNode,
} from '#lang/gotemplate/nodes.ts';
import { parseNumber } from '#lang/gotemplate/number.ts';
import { goQuote, unquote } from '#lang/gotemplate/quote.ts';

/** The trees of a text. Throws {@link TemplateError} with Go's message `template: NAME:LINE: …`. */
export function parseTemplate(name: string, text: string, hasFunction: (name: string) => boolean): Map<string, Tree> {
  const parser = new Parser(name, text, hasFunction);
  parser.parse();
  return parser.trees;
}

const maxExpressionDepth = 10_000;
/** Blocks inside blocks; Go has no limit, JavaScript's stack has. */
const maxBlockDepth = 2000;
const operandStart = new Set<TokenType>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);

interface Frame {
  vars: string[];
  rangeDepth: number;
  parenDepth: number;
  actionLine: number;
}

class Parser {
  readonly trees = new Map<string, Tree>();
  readonly #name: string;
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #hasFunction: (name: string) => boolean;
  #at = 0;
  /** The furthest token read: its line is the one that errors name. */
  #read = 0;
  #frame: Frame = newFrame();
  #blocks = 0;

  constructor(name: string, text: string, hasFunction: (name: string) => boolean) {
    this.#name = name;
    this.#text = text;
    this.#hasFunction = hasFunction;
    this.#tokens = lex(text);
  }

  parse(): void {
    const root: ListNode = { type: 'list', pos: this.#peek().pos, nodes: [] };
    while (this.#peek().type !== 'eof') {
      if (this.#peek().type === 'leftDelim' && this.#startsDefinition()) {
        this.#definition();
        continue;
      }
      const node = this.#textOrAction();
      if (node.type === 'end' || node.type === 'else') this.#fail(`unexpected ${nodeText(node)}`);
      root.nodes.push(node);
    }
    this.#add(this.#name, root);
  }

  #token(index: number): Token {
    const token = this.#tokens[Math.min(index, this.#tokens.length - 1)] as Token;
    if (index > this.#read) this.#read = index;
    return token;
  }

  #next(): Token {
    return this.#token(this.#at++);
  }

  #peek(): Token {
    return this.#token(this.#at);
  }

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.type === 'space') token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    while (this.#peek().type === 'space') this.#at++;
    return this.#peek();
  }

  #fail(message: string): never {
    const line = this.#token(this.#read).line;
    throw new TemplateError('parse', `template: ${this.#name}:${line}: ${message}`);
  }

  #unexpected(token: Token, context: string): never {
    if (token.type !== 'error') this.#fail(`unexpected ${tokenText(token)} in ${context}`);
    const started = this.#frame.actionLine;
    if (started === 0 || started === token.line) this.#fail(token.text);
    const extra = ` in action started at ${this.#name}:${started}`;
    this.#fail(token.text + (token.text.endsWith(' action') ? extra.slice(' in action'.length) : extra));
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
    if (token.type !== type) this.#unexpected(token, context);
    return token;
  }

  #add(name: string, root: ListNode): void {
    const old = this.trees.get(name);
    if (old === undefined || isEmptyTree(old.root)) {
      this.trees.set(name, { name, parseName: this.#name, text: this.#text, root });
      return;
    }
    if (!isEmptyTree(root)) this.#fail(`template: multiple definition of template ${goQuote(name)}`);
  }

  #startsDefinition(): boolean {
    let index = this.#at + 1;
    while (this.#token(index).type === 'space') index++;
    return this.#token(index).text === 'define' && this.#token(index).type === 'keyword';
  }

  #definition(): void {
    this.#next();
    this.#nextNonSpace();
    const context = 'define clause';
    const outer = this.#enter();
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    this.#expect('rightDelim', context);
    this.#add(name, this.#body(context));
    this.#frame = outer;
  }

  #enter(): Frame {
    const outer = this.#frame;
    this.#frame = newFrame();
    return outer;
  }

  #body(context: string): ListNode {
    const [list, end] = this.#itemList();
    if (end.type !== 'end') this.#fail(`unexpected ${nodeText(end)} in ${context}`);
    return list;
  }

  #itemList(): [ListNode, Node] {
    if (++this.#blocks > maxBlockDepth) this.#fail('blocks are nested too deeply');
    const list: ListNode = { type: 'list', pos: this.#peekNonSpace().pos, nodes: [] };
    while (this.#peekNonSpace().type !== 'eof') {
      const node = this.#textOrAction();
      if (node.type === 'end' || node.type === 'else') {
        this.#blocks--;
        return [list, node];
      }
      list.nodes.push(node);
    }
    return this.#fail('unexpected EOF');
  }

  #textOrAction(): Node {
    const token = this.#nextNonSpace();
    if (token.type === 'text') return { type: 'text', pos: token.pos, text: token.text };
    if (token.type !== 'leftDelim') this.#unexpected(token, 'input');
    this.#frame.actionLine = token.line;
    const node = this.#action();
    this.#frame.actionLine = 0;
    return node;
  }

  #action(): Node {
    const token = this.#nextNonSpace();
    if (token.type === 'keyword') return this.#control(token);
    this.#at--;
    const pos = this.#peek().pos;
    return { type: 'action', pos, pipe: this.#pipeline('command', 'rightDelim') };
  }

  #control(token: Token): Node {
    switch (token.text) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue':
        return this.#jump(token.text, token);
      case 'else':
        return this.#else();
      case 'end':
        return { type: 'end', pos: this.#expect('rightDelim', 'end').pos };
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(token.text);
      case 'template':
        return this.#template();
    }
    this.#at--;
    return { type: 'action', pos: token.pos, pipe: this.#pipeline('command', 'rightDelim') };
  }

  #jump(type: 'break' | 'continue', { pos }: Token): MarkNode {
    const token = this.#nextNonSpace();
    if (token.type !== 'rightDelim') this.#unexpected(token, `{{${type}}}`);
    if (this.#frame.rangeDepth === 0) this.#fail(`{{${type}}} outside {{range}}`);
    return { type, pos };
  }

  #else(): MarkNode {
    const token = this.#peekNonSpace();
    if (token.type === 'keyword' && (token.text === 'if' || token.text === 'with')) {
      return { type: 'else', pos: token.pos };
    }
    return { type: 'else', pos: this.#expect('rightDelim', 'else').pos };
  }

  #branch(type: 'if' | 'range' | 'with'): BranchNode {
    const frame = this.#frame;
    const mark = frame.vars.length;
    const pipe = this.#pipeline(type, 'rightDelim');
    if (type === 'range') frame.rangeDepth++;
    const [list, next] = this.#itemList();
    if (type === 'range') frame.rangeDepth--;
    const elseList = next.type === 'else' ? this.#elseList(type, next.pos) : undefined;
    frame.vars.length = mark;
    return { type, pos: pipe.pos, pipe, list, elseList };
  }

  #elseList(type: 'if' | 'range' | 'with', pos: number): ListNode {
    const token = this.#peek();
    if (type !== 'range' && token.type === 'keyword' && token.text === type) {
      this.#next();
      if (++this.#blocks > maxBlockDepth) this.#fail('blocks are nested too deeply');
      const nested = this.#branch(type);
      this.#blocks--;
      return { type: 'list', pos, nodes: [nested] };
    }
    const [list, end] = this.#itemList();
    if (end.type !== 'end') this.#fail(`expected end; found ${nodeText(end)}`);
    return list;
  }

  #block(): Node {
    const context = 'block clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, 'rightDelim');
    const outer = this.#enter();
    this.#add(name, this.#body(context));
    this.#frame = outer;
    return { type: 'template', pos: token.pos, name, pipe };
  }

  #template(): Node {
    const context = 'template clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    if (this.#nextNonSpace().type === 'rightDelim') return { type: 'template', pos: token.pos, name, pipe: undefined };
    this.#at--;
    return { type: 'template', pos: token.pos, name, pipe: this.#pipeline(context, 'rightDelim') };
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') this.#unexpected(token, context);
    return unquote(token.text) ?? this.#fail('invalid syntax');
  }

  #pipeline(context: string, end: TokenType): PipeNode {
    const pipe: PipeNode = { type: 'pipe', pos: this.#peekNonSpace().pos, isAssign: false, decl: [], cmds: [] };
    this.#declarations(pipe, context);
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) break;
      if (!operandStart.has(token.type)) this.#unexpected(token, context);
      this.#at--;
      pipe.cmds.push(this.#command());
    }
    this.#checkPipeline(pipe, context);
    return pipe;
  }

  #declarations(pipe: PipeNode, context: string): void {
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.type !== 'variable') return;
      const mark = this.#at;
      this.#next();
      const next = this.#peekNonSpace();
      const isComma = next.type === 'char' && next.text === ',';
      if (next.type !== 'assign' && next.type !== 'declare' && !isComma) {
        this.#at = mark;
        return;
      }
      if (!isComma) pipe.isAssign = next.type === 'assign';
      this.#next();
      pipe.decl.push({ type: 'variable', pos: variable.pos, ident: variable.text.split('.') });
      this.#frame.vars.push(variable.text);
      if (!isComma) return;
      if (context !== 'range' || pipe.decl.length >= 2) this.#fail(`too many declarations in ${context}`);
      const { type } = this.#peekNonSpace();
      if (type !== 'variable' && type !== 'rightDelim' && type !== 'rightParen') {
        this.#fail('range can only initialize variables');
      }
    }
  }

  #checkPipeline(pipe: PipeNode, context: string): void {
    if (pipe.cmds.length === 0) this.#fail(`missing value for ${context}`);
    for (let i = 1; i < pipe.cmds.length; i++) {
      const type = (pipe.cmds[i] as CommandNode).args[0]?.type;
      if (type === 'bool' || type === 'dot' || type === 'nil' || type === 'number' || type === 'string') {
        this.#fail(`non executable command in pipeline stage ${i + 1}`);
      }
    }
  }

  #command(): CommandNode {
    const command: CommandNode = { type: 'command', pos: this.#peekNonSpace().pos, args: [] };
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) command.args.push(operand);
      const token = this.#next();
      if (token.type === 'space') continue;
      if (token.type === 'rightDelim' || token.type === 'rightParen') this.#at--;
      else if (token.type !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (command.args.length === 0) this.#fail('empty command');
    return command;
  }

  #operand(): Operand | undefined {
    const node = this.#term();
    if (node === undefined || this.#peek().type !== 'field') return node;
    const chain: ChainNode = { type: 'chain', pos: this.#peek().pos, node, field: [] };
    while (this.#peek().type === 'field') chain.field.push(this.#next().text.slice(1));
    switch (node.type) {
      case 'field':
        return { type: 'field', pos: chain.pos, ident: [...node.ident, ...chain.field] };
      case 'variable':
        return { type: 'variable', pos: chain.pos, ident: [...node.ident, ...chain.field] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${goQuote(nodeText(node))}`);
    }
    return chain;
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace();
    const { pos, text } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.#hasFunction(text)) this.#fail(`function ${goQuote(text)} not defined`);
        return { type: 'identifier', pos, ident: text };
      case 'dot':
        return { type: 'dot', pos };
      case 'nil':
        return { type: 'nil', pos };
      case 'variable':
        return this.#variable(pos, text);
      case 'field':
        return { type: 'field', pos, ident: text.slice(1).split('.') };
      case 'bool':
        return { type: 'bool', pos, value: text === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number': {
        const number = parseNumber(text, token.type);
        return typeof number === 'string' ? this.#fail(number) : { type: 'number', pos, text, ...number };
      }
      case 'leftParen':
        return this.#parenthesized();
      case 'string':
      case 'rawString':
        return { type: 'string', pos, quoted: text, text: unquote(text) ?? this.#fail('invalid syntax') };
    }
    this.#at--;
    return undefined;
  }

  #parenthesized(): PipeNode {
    const frame = this.#frame;
    if (frame.parenDepth >= maxExpressionDepth || frame.parenDepth > maxBlockDepth) {
      this.#fail('max expression depth exceeded');
    }
    frame.parenDepth++;
    const pipe = this.#pipeline('parenthesized pipeline', 'rightParen');
    frame.parenDepth--;
    return pipe;
  }

  #variable(pos: number, text: string): VariableNode {
    if (!this.#frame.vars.includes(text)) this.#fail(`undefined variable ${goQuote(text)}`);
    return { type: 'variable', pos, ident: [text] };
  }
}

function newFrame(): Frame {
  return { vars: ['$'], rangeDepth: 0, parenDepth: 0, actionLine: 0 };
}

/** A token as Go prints it in messages. */
function tokenText(token: Token): string {
  if (token.type === 'eof') return 'EOF';
  if (token.type === 'error') return token.text;
  if (token.type === 'keyword' || token.type === 'nil' || token.type === 'dot') return `<${token.text}>`;
  return [...token.text].length > 10 ? `${goQuote([...token.text].slice(0, 10).join(''))}...` : goQuote(token.text);
}
