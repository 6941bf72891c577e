/** Numbers that look like chance and are the same for the same salt (mulberry32). */
export class Chance {
  private state: number;

  constructor(salt: number) {
    this.state = salt >>> 0;
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  once(inHowMany: number): boolean {
    return this.below(inHowMany) === 0;
  }
}
