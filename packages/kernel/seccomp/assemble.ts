/** Classic BPF as seccomp(2) runs it: struct sock_filter { u16 code, u8 jt, u8 jf, u32 k }, jumps counted forward. */

export const LOAD = 0x20; // A = *(u32 *)(seccomp_data + k)
export const AND = 0x54; // A &= k
export const JUMP = 0x05; // pc += k
export const JEQ = 0x15;
export const JGT = 0x25;
export const JGE = 0x35;
export const RETURN = 0x06;

/** The furthest a conditional jump reaches. */
const FAR = 255;

/** A place in the code to be: jumps name it before it is known. */
export interface Label {
  at: number | undefined;
}

export const label = (): Label => ({ at: undefined });

/** `undefined` as a target is the next instruction. */
interface Instruction {
  readonly code: number;
  readonly k: number;
  readonly yes?: Label;
  readonly no?: Label;
}

/** Collects instructions and labels; `bytes` resolves the jumps. */
export class Assembler {
  readonly #code: Instruction[] = [];

  emit(code: number, k: number, yes?: Label, no?: Label): void {
    this.#code.push({ code, k: k >>> 0, ...(yes && { yes }), ...(no && { no }) });
  }

  place(where: Label): void {
    where.at = this.#code.length;
  }

  get length(): number {
    return this.#code.length;
  }

  /** The program. Throws RangeError when a conditional jump would have to go too far. */
  bytes(): Uint8Array {
    const bytes = Buffer.alloc(this.#code.length * 8);
    this.#code.forEach((instruction, at) => {
      const distance = (where: Label | undefined) => (where ? (where.at ?? Number.NaN) - at - 1 : 0);
      const jump = instruction.code === JUMP;
      bytes.writeUInt16LE(instruction.code, at * 8);
      bytes.writeUInt8(jump ? 0 : near(distance(instruction.yes)), at * 8 + 2);
      bytes.writeUInt8(jump ? 0 : near(distance(instruction.no)), at * 8 + 3);
      bytes.writeUInt32LE(jump ? distance(instruction.yes) : instruction.k, at * 8 + 4);
    });
    return bytes;
  }
}

function near(distance: number): number {
  if (!(distance >= 0 && distance <= FAR)) throw new RangeError(`a seccomp jump over ${distance} instructions`);
  return distance;
}
