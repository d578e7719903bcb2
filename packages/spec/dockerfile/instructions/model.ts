/**
 * What each instruction of a Dockerfile says, typed (Dockerfile reference). Variables are still as written; `expand.ts`
 * puts values in their place.
 */
import type { Healthcheck } from '../../oci-image.ts';
import type { Heredoc } from '../heredoc.ts';

interface Common {
  /** The instruction as written, continuations joined: what a build prints as its step. */
  readonly code: string;
  /** Line in the Dockerfile, from 1; 0 for what no Dockerfile says (`--label`). */
  readonly line: number;
}

export interface Pair {
  readonly key: string;
  readonly value: string;
}

/** A command line. `shell`: it is one text for the image's SHELL; otherwise it is executed as it is. */
export interface CommandLine {
  readonly args: readonly string[];
  readonly shell: boolean;
  readonly heredocs: readonly Heredoc[];
}

export interface FromInstruction extends Common {
  readonly kind: 'from';
  readonly base: string;
  /** Lower case; empty without `AS`. */
  readonly name: string;
  readonly platform: string;
}

export interface ArgInstruction extends Common {
  readonly kind: 'arg';
  readonly args: readonly { readonly key: string; readonly value: string | undefined }[];
}

export interface EnvInstruction extends Common {
  readonly kind: 'env';
  readonly pairs: readonly Pair[];
}

export interface LabelInstruction extends Common {
  readonly kind: 'label';
  readonly pairs: readonly Pair[];
  /** Labels of `--label` are taken as they are. */
  readonly literal: boolean;
}

export interface RunInstruction extends Common {
  readonly kind: 'run';
  readonly command: CommandLine;
  /** Flags in the order given. */
  readonly flags: readonly RunFlag[];
}

export type RunFlag = { readonly name: 'mount' | 'network' | 'security' | 'device'; readonly value: string };

/** Source text written in the Dockerfile itself. */
export interface InlineFile {
  readonly name: string;
  readonly content: string;
  readonly expand: boolean;
}

/** `COPY` and `ADD`. Flags that were not given are empty, false or undefined. */
export interface CopyInstruction extends Common {
  readonly kind: 'copy' | 'add';
  readonly sources: readonly string[];
  readonly inline: readonly InlineFile[];
  readonly destination: string;
  readonly from: string;
  readonly chown: string;
  readonly chmod: string;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  readonly keepGitDir: boolean;
  readonly checksum: string;
  readonly unpack: boolean | undefined;
}

export interface CommandInstruction extends Common {
  readonly kind: 'cmd' | 'entrypoint';
  readonly command: CommandLine;
}

export interface ShellInstruction extends Common {
  readonly kind: 'shell';
  readonly shell: readonly string[];
}

export interface HealthcheckInstruction extends Common {
  readonly kind: 'healthcheck';
  readonly healthcheck: Healthcheck;
}

/** One text. */
export interface TextInstruction extends Common {
  readonly kind: 'maintainer' | 'stopsignal' | 'user' | 'workdir';
  readonly value: string;
}

/** Several words. */
export interface ListInstruction extends Common {
  readonly kind: 'expose' | 'volume';
  readonly values: readonly string[];
}

export interface OnbuildInstruction extends Common {
  readonly kind: 'onbuild';
  /** The trigger as written, its here-documents included. */
  readonly trigger: string;
}

/** Every instruction that stands within a stage. */
export type Instruction =
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | CommandInstruction
  | ShellInstruction
  | HealthcheckInstruction
  | TextInstruction
  | ListInstruction
  | OnbuildInstruction;

/** A FROM and what follows it. */
export interface Stage extends FromInstruction {
  readonly instructions: readonly Instruction[];
}
