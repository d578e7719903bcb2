/** Ids as they were in the recording and as they are now: learned from answers, put into later requests. */
const wholeId = /^(?:sha256:)?[0-9a-f]{64}$/;
const bare = (id: string): string => id.replace('sha256:', '');

export class Names {
  readonly #now = new Map<string, string>();

  /** Takes two strings that stand at the same place; ids among them are the same thing. */
  learn(recorded: string, now: string): void {
    if (wholeId.test(recorded) && wholeId.test(now)) this.#now.set(bare(recorded), bare(now));
  }

  /** A recorded text with today's ids, full and short. */
  substitute(text: string): string {
    let result = text;
    for (const [recorded, now] of this.#now) {
      result = result.replaceAll(recorded, now).replaceAll(new RegExp(`\\b${recorded.slice(0, 12)}\\b`, 'g'), now.slice(0, 12));
    }
    return result;
  }
}
