import { endOfObject } from './json.ts';
import { ProblemError } from './problem.ts';

const OPENING = '[PIPELINE-EXECUTE]';

/**
 * The JSON inside `[PIPELINE-EXECUTE] {...} [/PIPELINE-EXECUTE]`. The closing tag may be missing, and prose may
 * surround the whole; a second request in the same text is refused, not forgotten.
 */
export function openEnvelope(text: string): string {
  const opening = text.indexOf(OPENING);
  if (opening < 0) throw malformed(`there is no ${OPENING} in it`);
  const start = text.indexOf('{', opening);
  if (start < 0) throw malformed(`no JSON object follows ${OPENING}`);
  const end = endOfObject(text, start);
  if (end === null) throw malformed('its JSON object has no end');
  if (text.includes(OPENING, end)) throw malformed(`it holds more than one ${OPENING}`);
  return text.slice(start, end);
}

function malformed(reason: string): ProblemError {
  return new ProblemError('malformed-envelope', `The text is not a pipeline request: ${reason}.`, {
    nextStep: `Send ${OPENING} {"pipelineName": "...", "userPrompt": "...", "workingDirectory": "..."} [/PIPELINE-EXECUTE].`,
  });
}
