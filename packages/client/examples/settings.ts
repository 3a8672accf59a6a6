import { ReverseTracerouteClient } from '@revtr/client';

/** A client for the server and the key in the environment. */
export function connect(): ReverseTracerouteClient {
  const { REVTR_SERVER: server = 'http://127.0.0.1:8080', REVTR_KEY: key = '' } = process.env;
  return new ReverseTracerouteClient({ server, key });
}
