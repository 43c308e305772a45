// Errors of REST as problem details (RFC 9457). Must never show a stack trace, nor answer 500 for bad input.
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError, toProblem } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { MAX_FRAME_BYTES } from '../../../core/json.ts';
import type { Logger } from '../../../core/logger.ts';

export function sendProblem(response: Response, error: unknown, logger: Logger): void {
  const problem = toProblem(error, newId());
  if (problem.code === 'internal') logger.error({ err: error, traceId: problem.traceId }, 'a request failed');
  if (response.headersSent) return void response.end();
  if (problem.retryAfterMs !== undefined)
    response.setHeader('Retry-After', String(Math.ceil(problem.retryAfterMs / 1000)));
  if (problem.status === 401 && !response.hasHeader('WWW-Authenticate'))
    response.setHeader('WWW-Authenticate', 'Bearer');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Errors thrown by Express and its body parser, in our words. */
export function errorHandler(logger: Logger) {
  return (error: unknown, _request: Request, response: Response, _next: NextFunction): void => {
    sendProblem(response, translate(error), logger);
  };
}

function translate(error: unknown): unknown {
  const type = (error as { type?: unknown }).type;
  const status = (error as { status?: unknown }).status;
  if (type === 'entity.parse.failed')
    return new AppError('bad_request', 'malformed_json', 'The body is not valid JSON.');
  if (type === 'entity.too.large')
    return new AppError(
      'too_large',
      'body_too_large',
      `The body has more than ${limitOf(error)} KiB; send less.`,
    );
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') {
    return new AppError(
      'bad_request',
      'unsupported_encoding',
      'Send the body as UTF-8 JSON without compression.',
    );
  }
  if (error instanceof URIError)
    return new AppError('bad_request', 'malformed_path', 'The path is not valid percent-encoding.');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new AppError('bad_request', 'malformed_request', 'The request is malformed.');
  return error;
}

const limitOf = (error: unknown): number =>
  Math.floor(Number((error as { limit?: unknown }).limit ?? MAX_FRAME_BYTES) / 1024);

export const noSuchRoute: RequestHandler = (request, _response, next) =>
  next(
    new AppError(
      'not_found',
      'route_not_found',
      `There is no ${request.method} ${request.originalUrl.slice(0, 200)}; see /api/docs.`,
    ),
  );
