import { procStrings } from './proc.ts';

/** Environment variable by which a component started by Davylamp is known again after a crash. */
export const MARKER_VARIABLE = 'DAVY_COMPONENT';

const PREFIX = `${MARKER_VARIABLE}=`;

/** The marker that a process was started with; null without one, or where it is not ours to read. */
export async function markerOf(pid: number): Promise<string | null> {
  const environment = await procStrings(pid, 'environ');
  return environment?.find((entry) => entry.startsWith(PREFIX))?.slice(PREFIX.length) ?? null;
}

/** True for anything that Davylamp started, and for its descendants. */
export async function carriesMarker(pid: number): Promise<boolean> {
  return (await markerOf(pid)) !== null;
}
