import { expect, test } from 'vitest';
import { diagnose } from '../../../core/diagnosis.ts';
import { stackWith } from '../fixtures/observation.ts';
import { expectFinding, type Rule } from '../fixtures/rules.ts';

const RULES: Rule[] = [
  [
    'disk',
    { resources: { diskFreeBytes: 999_999_999 } },
    'environment',
    'resource_exhausted',
    'only 1000 MB of disk are free',
  ],
  [
    'memory',
    { resources: { memoryUsedRatio: 0.91 } },
    'environment',
    'resource_exhausted',
    '91 % of the memory is in use',
  ],
  [
    'descriptors',
    { resources: { descriptorsUsedRatio: 0.81 } },
    'environment',
    'resource_exhausted',
    '81 % of the file descriptors are in use',
  ],
];

test.each(RULES)('%s', expectFinding);

test('every resource that ran out is named', () => {
  const gone = { diskFreeBytes: 0, memoryUsedRatio: 1, descriptorsUsedRatio: 1 };
  expect(diagnose(stackWith({ resources: gone }))[0]?.evidence).toHaveLength(3);
});
