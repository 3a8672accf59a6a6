import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { LinkError } from '../errors.ts';
import { type Credential, createRequest } from '../identity/certificates.ts';
import { CONTROLLER_NAME } from '../identity/names.ts';
import { ENROL_PATH, expectName, LISTENING_HEADER } from './tls.ts';

/** How the controller is reached. */
export interface ControllerEndpoint {
  readonly host: string;
  readonly port: number;
  /** PEM of the root certificate. */
  readonly rootCertificate: string;
  /** Address to connect from. Default: the system's choice. */
  readonly localAddress?: string;
  /** Port on which the agent awaits the controller; it then dials no more than to enrol. */
  readonly listeningPort?: number;
}

const TIMEOUT_MS = 20_000;
const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/**
 * Asks the controller to certify a new key for the address that this connection comes from. @throws {LinkError}
 * `enrolmentRefused` with the controller's reason, `unreachable`, `badCertificate`
 */
export async function enrol(endpoint: ControllerEndpoint, signal?: AbortSignal): Promise<Credential> {
  const { key, request: body } = await createRequest();
  const { status, answer } = await post(endpoint, body, signal);
  if (status !== 200) throw new LinkError('enrolmentRefused', reasonOf(answer, status));
  try {
    if (new X509Certificate(answer).verify(new X509Certificate(endpoint.rootCertificate).publicKey))
      return { key, certificate: answer };
  } catch {
    // The reason below holds as well.
  }
  throw new LinkError('badCertificate', 'the controller answered with no certificate of its root');
}

/** The reason that the controller gives for a refusal. */
export function reasonOf(answer: string, status: number): string {
  try {
    return refusalSchema.parse(JSON.parse(answer)).error.message;
  } catch {
    return `the controller answered with status ${status}`;
  }
}

function post(
  { host, port, rootCertificate, localAddress, listeningPort }: ControllerEndpoint,
  body: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: number; readonly answer: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new LinkError('unreachable', `the controller at ${host}:${port} cannot be reached: ${error.message}`));
    const outgoing = request(
      {
        host,
        port,
        path: ENROL_PATH,
        method: 'POST',
        ca: rootCertificate,
        checkServerIdentity: expectName(CONTROLLER_NAME),
        timeout: TIMEOUT_MS,
        headers: listeningPort === undefined ? {} : { [LISTENING_HEADER]: String(listeningPort) },
        agent: false,
        ...(localAddress !== undefined && { localAddress }),
        ...(signal && { signal }),
      },
      (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), fail);
      },
    );
    outgoing.once('error', fail);
    outgoing.once('timeout', () => outgoing.destroy(new Error('it does not answer')));
    outgoing.end(body);
  });
}
