/** The parse tree. `pos` is the UTF-16 offset in the tree's text; {@link nodeText} prints a node as Go's String methods do. */
import type { GoObject } from '#lang/gotemplate/value.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';

export interface Tree {
  readonly name: string;
  readonly parseName: string;
  readonly text: string;
  root: ListNode;
}

interface At {
  readonly pos: number;
}
export interface ListNode extends At {
  readonly type: 'list';
  readonly nodes: Node[];
}
export interface TextNode extends At {
  readonly type: 'text';
  readonly text: string;
}
export interface PipeNode extends At {
  readonly type: 'pipe';
  isAssign: boolean;
  readonly decl: VariableNode[];
  readonly cmds: CommandNode[];
}
export interface ActionNode extends At {
  readonly type: 'action';
  readonly pipe: PipeNode;
}
export interface CommandNode extends At {
  readonly type: 'command';
  readonly args: Operand[];
}
export interface IdentifierNode extends At {
  readonly type: 'identifier';
  readonly ident: string;
}
export interface VariableNode extends At {
  readonly type: 'variable';
  readonly ident: readonly string[];
}
export interface FieldNode extends At {
  readonly type: 'field';
  readonly ident: readonly string[];
}
export interface ChainNode extends At {
  readonly type: 'chain';
  readonly node: Operand;
  readonly field: string[];
}
export interface BoolNode extends At {
  readonly type: 'bool';
  readonly value: boolean;
}
export interface NumberNode extends At {
  readonly type: 'number';
  readonly text: string;
  readonly int?: bigint;
  readonly uint?: bigint;
  readonly float?: number;
  readonly complex?: GoObject;
}
export interface StringNode extends At {
  readonly type: 'string';
  readonly quoted: string;
  readonly text: string;
}
export interface DotNode extends At {
  readonly type: 'dot';
}
export interface NilNode extends At {
  readonly type: 'nil';
}
export interface BranchNode extends At {
  readonly type: 'if' | 'range' | 'with';
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList: ListNode | undefined;
}
export interface TemplateNode extends At {
  readonly type: 'template';
  readonly name: string;
  readonly pipe: PipeNode | undefined;
}
export interface MarkNode extends At {
  readonly type: 'break' | 'continue' | 'end' | 'else';
}
export type Operand =
  | IdentifierNode
  | VariableNode
  | FieldNode
  | ChainNode
  | BoolNode
  | NumberNode
  | StringNode
  | DotNode
  | NilNode
  | PipeNode;
export type Node = ListNode | TextNode | ActionNode | CommandNode | BranchNode | TemplateNode | MarkNode | Operand;

/** A node as Go writes it in messages. */
export function nodeText(node: Node): string {
  switch (node.type) {
    case 'list':
      return node.nodes.map(nodeText).join('');
    case 'text':
      return node.text;
    case 'pipe':
      return pipeText(node);
    case 'action':
      return `{{${pipeText(node.pipe)}}}`;
    case 'command':
      return node.args.map(argumentText).join(' ');
    case 'identifier':
      return node.ident;
    case 'variable':
      return node.ident.join('.');
    case 'field':
      return `.${node.ident.join('.')}`;
    case 'chain':
      return `${node.node.type === 'pipe' ? `(${nodeText(node.node)})` : nodeText(node.node)}.${node.field.join('.')}`;
    case 'bool':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'template':
      return `{{template ${goQuote(node.name)}${node.pipe === undefined ? '' : ` ${pipeText(node.pipe)}`}}}`;
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.type}}}`;
    default:
      return branchText(node);
  }
}

function argumentText(node: Operand): string {
  return node.type === 'pipe' ? `(${pipeText(node)})` : nodeText(node);
}

function pipeText(node: PipeNode): string {
  const names = node.decl.map(nodeText).join(', ');
  const declared = names === '' ? '' : `${names} ${node.isAssign ? '=' : ':='} `;
  return declared + node.cmds.map(nodeText).join(' | ');
}

function branchText(node: BranchNode): string {
  const otherwise = node.elseList === undefined ? '' : `{{else}}${nodeText(node.elseList)}`;
  return `{{${node.type} ${pipeText(node.pipe)}}}${nodeText(node.list)}${otherwise}{{end}}`;
}

/** Whether a tree has nothing but spaces and comments. */
export function isEmptyTree(node: Node): boolean {
  if (node.type === 'list') return node.nodes.every(isEmptyTree);
  return node.type === 'text' && node.text.trim() === '';
}
