/** How pages write spans of time: on the server when a page is made, in the browser while it is looked at. */

/** `4 s`, `3 min 20 s`, `2 h 5 min`, `6 days`: of a number of milliseconds; nothing finer than a second. */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** `12 s ago`, of a time that is past. */
export function ago(ms) {
  return ms < 1000 ? 'just now' : `${span(ms)} ago`;
}

/** `in 12 s`, of a time to come; `now` once it is there. */
export function until(ms) {
  return ms <= 0 ? 'now' : `in ${span(Math.ceil(ms / 1000) * 1000)}`;
}
