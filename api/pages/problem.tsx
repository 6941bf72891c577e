import type { Log } from '../../core/log.ts';
import type { ApiContext } from '../context.ts';
import { PROBLEMS } from '../contract/problems.ts';
import { wantsHtml } from '../guards/visitor.ts';
import { answerError, toProblem } from '../http/problem.ts';
import { answerPage } from './page.tsx';
import { Icon } from './parts/icon.tsx';

/** What a browser is shown of an error; others get the problem document. */
export function answerProblem(error: unknown, c: ApiContext, log: Log): Response | Promise<Response> {
  const document = answerError(error, c, log);
  if (!wantsHtml(c)) return document;
  const { code, status, message, details } = toProblem(error);
  for (const [name, value] of Object.entries(details.headers ?? {})) c.header(name, value);
  const [, title] = PROBLEMS[code];
  return answerPage(c, {
    title,
    status,
    children: (
      <section class="notice">
        <h1>
          <Icon name="warn" />
          {title}
        </h1>
        <p>{message}</p>
        {details.errors?.map(({ path, message }) => (
          <p>
            <code>{path}</code> {message}
          </p>
        ))}
        {details.nextStep && <p>{details.nextStep}</p>}
        <p>
          <a href="/">Back to the stacks</a>
        </p>
      </section>
    ),
  });
}
