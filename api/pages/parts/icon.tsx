/** Line drawings on a field of 16 by 16, in the colour of the text around them. */
const PATHS = {
  lamp: 'M6 2.5a2 2 0 0 1 4 0M5 4.5h6M5.5 4.5v6M10.5 4.5v6M4 10.5h8v3H4zM8 9.5c-1-.8-1.1-1.7 0-3 1.1 1.3 1 2.2 0 3',
  ok: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5.2 8.2l2 2 3.7-4.2',
  bad: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4',
  warn: 'M8 2.2 14.3 13.4H1.7zM8 6.4v3.2M8 11.4v.2',
  work: 'M10.8 2.4a3.4 3.4 0 0 0-3.6 4.7L2.6 11.7l1.7 1.7 4.6-4.6a3.4 3.4 0 0 0 4.3-4.4l-2 2-1.7-.4-.4-1.7z',
  run: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M6.6 5.4v5.2L10.8 8z',
  wait: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 4.6V8l2.4 1.6',
  idle: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5.4 8h5.2',
  person: 'M8 2a2.7 2.7 0 1 0 0 5.4A2.7 2.7 0 0 0 8 2M2.8 14c.4-3 2.3-4.5 5.2-4.5s4.8 1.5 5.2 4.5',
  arrow: 'M2.5 8h10.5M9.5 4.5 13 8l-3.5 3.5',
  again: 'M13.2 8A5.2 5.2 0 1 1 11.5 4.2M13.2 2v3.2H10',
} as const;

export type IconName = keyof typeof PATHS;

/** Beside a word that says the same. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
