import { resolve } from 'node:path';
import { runChecks } from './doctor/checks.ts';
import { describeFindings } from './doctor/describe.ts';
import { FINDING_VERDICTS } from './doctor/finding.ts';
import { lookAtVariables } from './doctor/variables.ts';
import { EXIT } from './exit-codes.ts';
import { paintFor } from './terminal/paint.ts';
import { printJson } from './terminal/print.ts';

export interface DoctorOptions {
  dir?: string;
  json?: boolean;
}

/** `davy doctor`: exits 1 where something would keep Davylamp from its work. */
export async function doctor({ dir = '.', json = false }: DoctorOptions): Promise<number> {
  const variables = lookAtVariables(process.env);
  const directory = resolve(dir);
  const findings = [...variables.findings, ...(await runChecks({ config: variables.config, directory }))];
  const worst = FINDING_VERDICTS.findLast((verdict) =>
    findings.some((finding) => finding.verdict === verdict),
  );
  if (json) printJson({ verdict: worst, findings });
  else {
    const terminal = { paint: paintFor(process.stdout), columns: process.stdout.columns };
    console.log(describeFindings(findings, terminal).join('\n'));
  }
  return worst === 'problem' ? EXIT.failed : EXIT.succeeded;
}
