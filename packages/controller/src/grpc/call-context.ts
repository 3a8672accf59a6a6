import { createContextKey } from '@connectrpc/connect';

/** Address of the client of a call, in the context values of the call. */
export const clientKey = createContextKey('unknown', { description: 'client address' });

/** Whether the request gate has checked a credential of a call, for which the server accepts larger messages. */
export const isAuthenticatedKey = createContextKey(false, { description: 'a credential was checked' });

/** The work of the implementation of a call; `undefined` until the message of the call is decoded. */
export const implementationKey = createContextKey<Promise<unknown> | undefined>(undefined, {
  description: 'work of the implementation',
});
