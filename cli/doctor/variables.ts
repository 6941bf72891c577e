import type { Config } from '../../core/config.ts';
import { VARIABLE_NAMES } from '../../core/config.ts';
import { loadConfig, problemsOfVariables } from '../environment-variables.ts';
import { didYouMean } from '../hints.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What the environment variables say, and the configuration that is left where some of them are wrong. */
export function lookAtVariables(variables: Variables): { config: Config; findings: Finding[] } {
  const wrong = problemsOfVariables(variables);
  const names = new Set(wrong.map(({ path }) => path));
  const usable = Object.fromEntries(Object.entries(variables).filter(([name]) => !names.has(name)));
  const findings = [
    ...wrong.map(({ path, message }) =>
      problem(path, message, 'Correct or unset it: nothing starts with it.'),
    ),
    ...strangers(variables),
  ];
  if (variables.DAVY_FAILPOINTS)
    findings.push(
      warning(
        'DAVY_FAILPOINTS',
        'set: processes end on purpose where a test says so',
        'Unset it in real use.',
      ),
    );
  const given = VARIABLE_NAMES.filter((name) => variables[name]);
  const fact = given.length === 0 ? 'none is set' : given.join(', ');
  return { config: loadConfig(usable), findings: findings.length > 0 ? findings : [ok('variables', fact)] };
}

function strangers(variables: Variables): Finding[] {
  const unknown = Object.keys(variables).filter(
    (name) => name.startsWith('DAVY_') && !VARIABLE_NAMES.includes(name),
  );
  return unknown.map((name) => {
    const hint = didYouMean(name, VARIABLE_NAMES) || `There are ${VARIABLE_NAMES.join(', ')}.`;
    return warning(name, 'no variable of Davylamp', hint);
  });
}
