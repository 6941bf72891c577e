import type { ApiContext } from '../context.ts';
import { parseJson } from './json.ts';
import { ProblemError } from './problem.ts';

export interface Body<T extends string> {
  mediaType: T;
  text: string;
}

/**
 * Reads a body of one of the media types.
 * @throws ProblemError 415 for another type, charset or encoding, 413 beyond the limit, 400 where it is not UTF-8.
 */
export async function readBody<T extends string>(
  c: ApiContext,
  accepted: readonly T[],
  maxBytes: number,
): Promise<Body<T>> {
  const mediaType = mediaTypeOf(c, accepted);
  const bytes = await readBytes(c, maxBytes);
  try {
    return { mediaType, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    throw new ProblemError('malformed-request', 'The body is not UTF-8.');
  }
}

/** @throws ProblemError 400 where the text is not JSON, 422 where it is nested too deeply. */
export function readJson(text: string): unknown {
  const parsed = parseJson(text);
  if (parsed.ok) return parsed.value;
  if (parsed.reason === 'malformed')
    throw new ProblemError('malformed-json', `The body is not JSON: ${parsed.message}.`);
  throw new ProblemError('validation-error', 'The body is not valid.', {
    errors: [{ path: '$', message: parsed.message }],
  });
}

function mediaTypeOf<T extends string>(c: ApiContext, accepted: readonly T[]): T {
  const [type = '', ...parameters] = (c.req.header('content-type') ?? '').toLowerCase().split(';');
  const found = accepted.find((candidate) => candidate === type.trim());
  const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='));
  const isUtf8 = charset === undefined || /^\s*charset="?(utf-8|us-ascii)"?\s*$/.test(charset);
  const encoding = c.req.header('content-encoding') ?? 'identity';
  if (found !== undefined && isUtf8 && encoding === 'identity') return found;
  throw new ProblemError('unsupported-media-type', `The body must be ${accepted.join(' or ')}, in UTF-8.`, {
    nextStep: `Set the header "Content-Type: ${accepted[0]}" and do not compress the body.`,
    headers: { Accept: accepted.join(', ') },
  });
}

async function readBytes(c: ApiContext, maxBytes: number): Promise<Uint8Array> {
  const declared = c.req.header('content-length');
  if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  try {
    if (declared !== undefined) return new Uint8Array(await c.req.arrayBuffer());
    return await collect(c.req.raw.body, maxBytes);
  } catch (error) {
    if (error instanceof ProblemError || !c.req.raw.signal.aborted) throw error;
    throw new ProblemError('malformed-request', 'The connection ended before the body did.');
  }
}

async function collect(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError('content-too-large', `The body may have ${maxBytes} bytes at most.`);
}
