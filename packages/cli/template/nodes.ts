/** A parsed template: what the parser builds and the executor walks (Go's text/template/parse). Positions are offsets. */

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | { readonly kind: 'if' | 'with' | 'range'; readonly pipe: Pipe; readonly body: readonly TemplateNode[]; readonly otherwise: readonly TemplateNode[] | undefined }
  | { readonly kind: 'template'; readonly at: number; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly kind: 'break' | 'continue' };

/** `$x := a | b`: commands, each fed the one before as its last argument. */
export interface Pipe {
  readonly kind: 'pipe';
  readonly at: number;
  readonly variables: readonly string[];
  /** `=` rather than `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly CommandNode[];
}

/** A function or method with its arguments, or one operand. */
export interface CommandNode {
  readonly kind: 'command';
  readonly at: number;
  readonly operands: readonly Operand[];
}

export type Operand =
  | { readonly kind: 'dot' | 'nil'; readonly at: number }
  | { readonly kind: 'field'; readonly at: number; readonly names: readonly string[] }
  | { readonly kind: 'variable'; readonly at: number; readonly name: string; readonly names: readonly string[] }
  | { readonly kind: 'chain'; readonly at: number; readonly of: Operand; readonly names: readonly string[] }
  | { readonly kind: 'function'; readonly at: number; readonly name: string }
  | { readonly kind: 'literal'; readonly at: number; readonly value: boolean | number | string; readonly written: string }
  | Pipe;

/** Writes a node as Go's error messages show it. */
export function show(node: Operand | CommandNode | Pipe): string {
  switch (node.kind) {
    case 'dot': return '.';
    case 'nil': return 'nil';
    case 'field': return node.names.map((name) => `.${name}`).join('');
    case 'variable': return [node.name, ...node.names].join('.');
    case 'chain': return `${node.of.kind === 'pipe' ? `(${show(node.of)})` : show(node.of)}${node.names.map((name) => `.${name}`).join('')}`;
    case 'function': return node.name;
    case 'literal': return node.written;
    case 'command': return node.operands.map((operand) => (operand.kind === 'pipe' ? `(${show(operand)})` : show(operand))).join(' ');
    case 'pipe': {
      const declared = node.variables.length === 0 ? '' : `${node.variables.join(', ')} ${node.assigns ? '=' : ':='} `;
      return declared + node.commands.map(show).join(' | ');
    }
  }
}
