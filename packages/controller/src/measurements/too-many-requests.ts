import { StorageError } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';

const RETRY = { retryAfterSeconds: 2 };

/** What storing a request returns. @throws {ControllerError} `tooManyRequests` when so many requests of the user wait that it is not taken */
export async function orTooManyRequests<T>(stored: Promise<T>): Promise<T> {
  try {
    return await stored;
  } catch (error) {
    if (error instanceof StorageError && error.is('tooManyWaiting'))
      throw new ControllerError('tooManyRequests', error.message, RETRY);
    throw error;
  }
}
