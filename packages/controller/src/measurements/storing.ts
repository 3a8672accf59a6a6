import { StorageError } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';

const RETRY = { retryAfterSeconds: 2 };

/**
 * What storing a request returns.
 * @throws {ControllerError} `tooManyRequests` when so many requests of the user wait that it is not taken; `unauthorized` when the user is disabled or
 * deleted
 */
export async function orRefusal<T>(stored: Promise<T>): Promise<T> {
  try {
    return await stored;
  } catch (error) {
    if (error instanceof StorageError && error.is('tooManyWaiting'))
      throw new ControllerError('tooManyRequests', error.message, RETRY);
    if (error instanceof StorageError && error.is('userDisabled'))
      throw new ControllerError('unauthorized', 'your account is disabled or deleted');
    throw error;
  }
}
