import { ago, span, until } from '../assets/clock.js';

/** A time as ISO 8601 UTC, or as the database gives it. */
type Instant = string | Date;

const WRITERS = { ago, span, until };

interface ToldTimeProps {
  at: Instant;
  /** `3 min ago`, `3 min`, or `in 3 min`: it ticks where there is a script. The exact time is its title. */
  told: keyof typeof WRITERS;
}

export function ToldTime({ at, told }: ToldTimeProps) {
  const instant = new Date(at);
  const iso = instant.toISOString();
  const passedMs = Date.now() - instant.getTime();
  return (
    <time datetime={iso} data-told={told} title={`${iso.replace('T', ' ').slice(0, 19)} UTC`}>
      {WRITERS[told](told === 'until' ? -passedMs : passedMs)}
    </time>
  );
}

/** `03:14:07 UTC`, for a log or an axis. */
export function clockTime(at: Instant): string {
  return new Date(at).toISOString().slice(11, 19);
}
