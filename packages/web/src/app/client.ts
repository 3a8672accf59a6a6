import { ReverseTracerouteClient } from '@revtr/client';
import { config } from 'zod';

// Otherwise zod compiles schemas, which the content security policy forbids.
config({ jitless: true });

/** The API of the server that this page comes from, with the session of the browser. */
export const client = new ReverseTracerouteClient({ server: window.location.origin, key: '' });
