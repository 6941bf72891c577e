import { expect, test } from 'vitest';
import { linesOfStart, withoutMinorBinds } from '../../../worker/components/bitcoind-words.ts';

const LOG = `2026-11-23T10:00:00Z Litecoin Core version v0.21.2
2026-11-23T10:00:01Z Unable to bind to 127.0.0.1:19444 on this computer.
2026-11-23T11:00:00Z Litecoin Core version v0.21.2
2026-11-23T11:00:01Z Error: Disk space is too low!
2026-11-23T11:00:02Z Litecoin Core version v0.21.2
2026-11-23T11:00:02Z LOCK: Resource temporarily unavailable
`;

test('of a log, only the lines of one start count', () => {
  expect(linesOfStart(LOG, Date.parse('2026-11-23T11:00:00.700Z'))).toBe(
    LOG.split('\n').slice(2, 4).join('\n'),
  );
  expect(linesOfStart(LOG, Date.parse('2026-11-23T12:00:00Z'))).toBe('');
});

test('an address that it could not have counts where that ended it', () => {
  const bind = 'Unable to bind to 127.0.0.1:19444 on this computer.';
  const fatal = `${bind}\nError: Failed to listen on any port.`;
  expect(withoutMinorBinds(fatal)).toBe(fatal);
  expect(withoutMinorBinds(`${bind}\nError: Disk space is too low!`)).toBe('Error: Disk space is too low!');
  expect(withoutMinorBinds(`init\n${bind}\nShutdown: done`)).toBe(`init\n${bind}\nShutdown: done`);
});
