import { createContextKey } from '@connectrpc/connect';

/** Address of the client of a call, in the context values of the call. */
export const clientKey = createContextKey('unknown', { description: 'client address' });

/** Whether the message of a call is decoded, and its implementation has begun. */
export const isInvokedKey = createContextKey(false, { description: 'implementation has begun' });
