/**
 * Classic BPF as seccomp(2) runs it: struct sock_filter { u16 code, u8 jt, u8 jf, u32 k }, jumps counted forward.
 *
 * A program is put together from its end: what an instruction leads to is there already, so that every distance is known and
 * equal ends are one. The kernel translates a filter anew for each process that takes it, by the instruction.
 */

const LOAD = 0x20; // A = *(u32 *)(seccomp_data + k)
const AND = 0x54; // A &= k
const JUMP = 0x05; // pc += k
const RETURN = 0x06;
export const JEQ = 0x15;
export const JGT = 0x25;
export const JGE = 0x35;

/** The furthest a conditional jump reaches, less the one instruction that its other target may need in between. */
const FAR = 254;

/** An instruction to go to, as its number from the program's end. */
export type Place = number;

interface Instruction {
  readonly code: number;
  readonly k: number;
  readonly yes: number;
  readonly no: number;
}

export class Assembler {
  /** The last one first. */
  readonly #code: Instruction[] = [];
  readonly #returns = new Map<number, Place>();

  get length(): number {
    return this.#code.length;
  }

  /** The end with this verdict. */
  returns(verdict: number): Place {
    const known = this.#returns.get(verdict);
    if (known !== undefined && this.#isNear(known)) return known;
    const place = this.#add(RETURN, verdict);
    this.#returns.set(verdict, place);
    return place;
  }

  /** Reads what is at `offset`, and goes on to `then`. */
  load(offset: number, then: Place): Place {
    this.#before(then);
    return this.#add(LOAD, offset);
  }

  /** Keeps the bits of `mask`, and goes on to `then`. */
  and(mask: number, then: Place): Place {
    this.#before(then);
    return this.#add(AND, mask);
  }

  /** Compares with `k`. */
  test(code: typeof JEQ | typeof JGT | typeof JGE, k: number, yes: Place, no: Place): Place {
    if (yes === no) return yes;
    const [there, otherwise] = [this.#near(yes), this.#near(no)];
    const at = this.#code.length;
    return this.#add(code, k, at - there - 1, at - otherwise - 1);
  }

  bytes(): Uint8Array {
    const bytes = Buffer.alloc(this.#code.length * 8);
    for (const [index, { code, k, yes, no }] of this.#code.toReversed().entries()) {
      bytes.writeUInt16LE(code, index * 8);
      bytes.writeUInt8(yes, index * 8 + 2);
      bytes.writeUInt8(no, index * 8 + 3);
      bytes.writeUInt32LE(k, index * 8 + 4);
    }
    return bytes;
  }

  #add(code: number, k: number, yes = 0, no = 0): Place {
    return this.#code.push({ code, k: k >>> 0, yes, no }) - 1;
  }

  #isNear(place: Place): boolean {
    return this.#code.length - place - 1 <= FAR;
  }

  /** The same within a conditional jump's reach. */
  #near(place: Place): Place {
    if (this.#isNear(place)) return place;
    const target = this.#code[place];
    return target?.code === RETURN ? this.returns(target.k) : this.#add(JUMP, this.#code.length - place - 1);
  }

  /** Has the next instruction be followed by `place`. */
  #before(place: Place): void {
    if (place !== this.#code.length - 1) this.#add(JUMP, this.#code.length - place - 1);
  }
}
