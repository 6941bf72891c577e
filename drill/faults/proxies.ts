import type { FaultContext, FaultTarget } from '../fault.ts';
import type { FaultProxies } from '../proxy/control.ts';

export function needsProxies({ proxies }: FaultTarget): string | null {
  return proxies ? null : 'this stack has no fault proxies';
}

export function proxiesOf({ proxies }: FaultContext): FaultProxies {
  if (!proxies) throw new RangeError('this stack has no fault proxies');
  return proxies;
}
