/** The time of day here, `14:03:07`, of an ISO 8601 time. */
export function timeOfDay(instant: string): string {
  const date = new Date(instant);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => `${part}`.padStart(2, '0'))
    .join(':');
}
