import { tryToTake } from '../../drill/squatter.ts';

/** Holds TCP ports, as another program would: takes connections and says nothing. */
export class Squatter {
  readonly #held = new Set<() => Promise<void>>();

  /** Takes a port. `false`: somebody else has it already, which is just as well. */
  async take(port: number): Promise<boolean> {
    const release = await tryToTake(port);
    if (release) this.#held.add(release);
    return release !== null;
  }

  /** Gives all ports back. */
  async release(): Promise<void> {
    const held = [...this.#held];
    this.#held.clear();
    await Promise.all(held.map((release) => release()));
  }
}
