import { BusError } from '@revtr/bus';
import { ControllerError } from '../foundation/errors.ts';

/** Another process takes over the work of one that has ended within this time, seconds. */
const RETRY_SECONDS = 10;

/**
 * What to tell somebody whose request no other process has answered. `nobody` says what is missing when no process serves the request, as in
 * `no process tests agents`; `somebody` is who serves it otherwise. Everything but a {@link BusError} is returned as it is.
 */
export function unanswered(error: unknown, { nobody, somebody }: { nobody: string; somebody: string }): unknown {
  if (!(error instanceof BusError)) return error;
  if (error.code === 'overloaded')
    return new ControllerError('tooManyRequests', `${somebody} has too many requests at this moment: try again later`, {
      retryAfterSeconds: RETRY_SECONDS,
    });
  return new ControllerError('upstreamFailed', `${nobody} at this moment: try again in ten seconds`);
}
