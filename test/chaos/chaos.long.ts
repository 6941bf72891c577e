import { chaosTest } from '../support/chaos/test.ts';

chaosTest('at length', {
  runs: 1_050,
  runsMin: 1_000,
  stages: 10,
  hosts: 3,
  environmentsPerHost: 4,
  pace: { holdMsMax: 5_000, pauseMsMax: 12_000, blockMs: 20_000 },
  faultsMsMax: Number(process.env.CHAOS_MINUTES ?? 30) * 60_000,
});
