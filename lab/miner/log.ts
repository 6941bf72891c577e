/** Writes one line of the miner's report. */
export type Log = (message: string) => void;

/** Reports on standard error in minerd's form, `[2026-11-23 09:15:00] message`, in local time. */
export function createLog(stream: NodeJS.WritableStream): Log {
  // Whoever read our output may be gone; mining goes on.
  stream.on('error', () => {});
  return (message) => stream.write(`[${localTime(new Date())}] ${message}\n`);
}

function localTime(time: Date): string {
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-');
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
