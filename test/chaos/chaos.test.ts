import { chaosTest } from '../support/chaos/test.ts';

chaosTest('in short', {
  runs: 60,
  runsMin: 10,
  stages: 5,
  hosts: 2,
  environmentsPerHost: 3,
  pace: { holdMsMax: 1_200, pauseMsMax: 1_000, blockMs: 1_500 },
  faultsMsMax: 12_000,
});
