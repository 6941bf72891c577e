import { type Member, markerOf } from '../components/stack.ts';
import { knownLiveness, onExit } from '../components/supervised.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Probe, repeatProbe } from './probe.ts';

/** Between two looks into /proc, for processes whose end the kernel does not report to us. */
const LOOK_MS = 50;
/** A debugger, or an operator's Ctrl-Z, holds a process for a moment; a hang stays. */
const STOPPED_LOOKS_MAX = 10;

/** Whether the process of a component lives: told by the kernel for our own children, seen in /proc for others. */
export function processProbe(member: Member, onChange: () => void): Probe {
  const heartbeat = new Heartbeat(onChange);
  const marker = markerOf(member);
  const look = () => {
    const liveness = knownLiveness(member);
    if (liveness === 'alive') heartbeat.succeeded();
    if (liveness === 'lost') heartbeat.failed('its process is gone');
    if (liveness === 'stopped') heartbeat.missed('its process is stopped (state T)', STOPPED_LOOKS_MAX);
  };
  const stopListening = onExit((ended) => {
    if (ended === marker) look();
  });
  const stopLooking = repeatProbe(LOOK_MS, async () => {
    look();
    return 'settled';
  });
  return {
    trouble: () => heartbeat.trouble,
    close() {
      stopListening();
      stopLooking();
    },
  };
}
