import { type Member, markerOf } from '../components/stack.ts';
import { onExit, vitalSign } from '../components/supervised.ts';
import { Heart } from './heart.ts';
import { beating, type Pulse } from './pulse.ts';

/** Between two looks into /proc, for processes whose end the kernel does not report to us. */
const LOOK_MS = 50;
/** A debugger, or an operator's Ctrl-Z, holds a process for a moment; a hang stays. */
const STOPPED_LOOKS_MAX = 10;

/** Whether the process of a component lives: told by the kernel for our own children, seen in /proc for others. */
export function processPulse(member: Member, onChange: () => void): Pulse {
  const heart = new Heart(onChange);
  const marker = markerOf(member);
  const look = () => {
    const sign = vitalSign(member);
    if (sign === 'alive') heart.good();
    if (sign === 'lost') heart.bad('its process is gone');
    if (sign === 'stopped') heart.missed('its process is stopped (state T)', STOPPED_LOOKS_MAX);
  };
  const stopListening = onExit((ended) => {
    if (ended === marker) look();
  });
  const stopLooking = beating(LOOK_MS, async () => {
    look();
    return 'felt';
  });
  return {
    trouble: () => heart.trouble,
    close() {
      stopListening();
      stopLooking();
    },
  };
}
