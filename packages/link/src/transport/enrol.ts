import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { z } from 'zod';
import { LinkError } from '../errors.ts';
import { type Credential, createRequest } from '../identity/certificates.ts';
import { verifyChain } from '../identity/chain.ts';
import { CONTROLLER_NAME } from '../identity/names.ts';
import { ENROL_PATH, expectName, LISTENING_HEADER } from './tls.ts';

/** How to reach the controller. */
export interface ControllerEndpoint {
  readonly host: string;
  readonly port: number;
  /** Other gateways of the same controller, which are tried in turn with the first one. Default: none. */
  readonly others?: readonly { readonly host: string; readonly port: number }[];
  /** PEM of the root certificate. */
  readonly rootCertificate: string;
  /** Address to connect from. Default: the system's choice. */
  readonly localAddress?: string;
  /** Port on which the agent accepts connections of the controller; the agent then connects only to enrol. */
  readonly listeningPort?: number;
}

/** How long the whole exchange may take, milliseconds, and the longest answer, bytes. */
const TIMEOUT_MS = 20_000;
const MOST_ANSWER_BYTES = 65_536;
const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/**
 * Asks the controller to certify a new key for the address that this connection comes from. `now`: time by which the answer
 * must be valid. @throws {LinkError} `enrolmentRefused` with the controller's reason, `unreachable`, `badCertificate`
 */
export async function enrol(endpoint: ControllerEndpoint, now: Date, signal?: AbortSignal): Promise<Credential> {
  const { key, request: body } = await createRequest();
  const { status, answer } = await post(endpoint, body, signal);
  if (status !== 200) throw new LinkError('enrolmentRefused', reasonOf(answer, status), {});
  if (verifyChain(answer, new X509Certificate(endpoint.rootCertificate), now) === undefined)
    throw new LinkError('badCertificate', 'the controller answered without a valid certificate of its root', {});
  return { key, certificate: answer };
}

/** The reason that the controller gives for a refusal. */
export function reasonOf(answer: string, status: number): string {
  try {
    return refusalSchema.parse(JSON.parse(answer)).error.message.slice(0, 500);
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
      reject(
        new LinkError('unreachable', `the controller at ${host}:${port} cannot be reached: ${error.message}`, {
          host,
          port,
        }),
      );
    const outgoing = request(
      {
        host,
        port,
        path: ENROL_PATH,
        method: 'POST',
        ca: rootCertificate,
        checkServerIdentity: expectName(CONTROLLER_NAME),
        headers: listeningPort === undefined ? {} : { [LISTENING_HEADER]: String(listeningPort) },
        agent: false,
        ...(localAddress !== undefined && { localAddress }),
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
      },
      (response) => {
        readAnswer(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), fail);
      },
    );
    outgoing.once('error', fail);
    outgoing.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > MOST_ANSWER_BYTES) throw new Error('its answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
