import { BusError, type BusErrorCode } from '@revtr/bus';
import { ControllerError } from '../foundation/errors.ts';

/** Another process takes over the work of one that has ended within this time, seconds. */
const RETRY_SECONDS = 10;

/** Errors of requests that no process has answered, while another process may answer soon. */
const UNANSWERED = ['notServed', 'peerLost', 'overloaded'] as const satisfies readonly BusErrorCode[];

/** Whether a request has failed because no process has answered it at this moment. */
export const isUnanswered = (error: unknown): error is BusError<(typeof UNANSWERED)[number]> =>
  UNANSWERED.some((code) => BusError.is(error, code));

/**
 * What to tell somebody whose request no other process has answered. `nobody` says what is missing when no process serves the request, as in
 * `no process tests agents`; `somebody` is who serves it otherwise. Other errors are returned as they are: they are failures of the system.
 */
export function unanswered(error: unknown, { nobody, somebody }: { nobody: string; somebody: string }): unknown {
  if (!isUnanswered(error)) return error;
  if (error.code === 'overloaded')
    return new ControllerError('tooManyRequests', `${somebody} has too many requests at this moment: try again later`, {
      retryAfterSeconds: RETRY_SECONDS,
    });
  return new ControllerError('upstreamFailed', `${nobody} at this moment: try again in ${RETRY_SECONDS} seconds`);
}
