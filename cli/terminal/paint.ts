import colors from 'picocolors';

/** What a colour stands for; the words beside it say the same. */
export interface Paint {
  good(text: string): string;
  warning(text: string): string;
  bad(text: string): string;
  /** What is going on now. */
  active(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

/** Colours where the stream is a terminal that has some, and NO_COLOR does not ask for none. */
export function paintFor(stream: Pick<NodeJS.WriteStream, 'isTTY'>): Paint {
  return paint(stream.isTTY === true && colors.isColorSupported);
}

export function paint(colored: boolean): Paint {
  const { green, yellow, red, cyan, bold, dim } = colors.createColors(colored);
  return { good: green, warning: yellow, bad: red, active: cyan, strong: bold, faint: dim };
}
