import { ReverseTracerouteClient } from '@revtr/client';

/** The API of the server that this page comes from, with the session of the browser. */
export const client = new ReverseTracerouteClient({ server: window.location.origin, key: '', retry: false });
