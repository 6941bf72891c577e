export function span(ms: number): string;
export function ago(ms: number): string;
export function until(ms: number): string;
