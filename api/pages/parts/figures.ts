const UNITS = ['H/s', 'kH/s', 'MH/s', 'GH/s', 'TH/s', 'PH/s', 'EH/s'];

/** `12.4 kH/s`, of hashes a second. */
export function hashRate(perSecond: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, perSecond)) / 3)));
  const value = perSecond / 1000 ** power;
  return `${value.toFixed(value < 10 && power > 0 ? 2 : value < 100 ? 1 : 0)} ${UNITS[power]}`;
}

/** `1 482 390`: thin spaces part the thousands in every language. */
export function count(value: number): string {
  return `${Math.round(value)}`.replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
