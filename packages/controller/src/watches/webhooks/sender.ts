import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Clock } from '@revtr/probing';
import { WebhookError } from './errors.ts';
import { signedHeaders } from './signature.ts';
import { findTarget, type ResolveHost, resolveByDns, type TargetRules, type WebhookTarget } from './target.ts';

/** For the whole request, from the look-up of the name to the headers of the answer. */
const TIMEOUT_MS = 10_000;
/** Of the headers of an answer. Its body is not read. */
const MOST_HEADER_BYTES = 8 * 2 ** 10;

/** A message for a webhook. */
export interface WebhookMessage {
  readonly url: string;
  readonly secret: string;
  /** The same in every attempt. */
  readonly id: string;
  readonly body: string;
}

/** Sends signed messages to webhooks. Follows no redirect, and connects to the address that it has checked. */
export class WebhookSender {
  readonly #rules: TargetRules;
  readonly #clock: Clock;
  readonly #resolve: ResolveHost;

  constructor(
    rules: TargetRules,
    collaborators: {
      readonly clock: Clock /** Default: the resolver of this machine. */;
      readonly resolve?: ResolveHost | undefined;
    },
  ) {
    this.#rules = rules;
    this.#clock = collaborators.clock;
    this.#resolve = collaborators.resolve ?? resolveByDns;
  }

  /** Sends a message, and returns the status of the answer. @throws {WebhookError} when there is no answer */
  async send({ url, secret, id, body }: WebhookMessage, signal: AbortSignal): Promise<number> {
    const over = new AbortController();
    const isOver = AbortSignal.any([signal, over.signal]);
    const cutShort = this.#clock.sleep(TIMEOUT_MS, isOver).then(
      () => {
        throw new WebhookError('timeout', `no answer came in ${TIMEOUT_MS / 1000} s`, { milliseconds: TIMEOUT_MS });
      },
      () => {
        throw new WebhookError('unreachable', 'the controller stops', { reason: 'stopping' });
      },
    );
    const sending = (async () => {
      const target = await findTarget(url, this.#resolve, this.#rules);
      const headers = signedHeaders({ id, at: this.#clock.now(), body }, secret);
      return post(target, headers, body, isOver);
    })();
    try {
      return await Promise.race([sending, cutShort]);
    } finally {
      over.abort();
      sending.catch(() => undefined);
    }
  }
}

function post(
  { url, host, address }: WebhookTarget,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  const isTls = url.protocol === 'https:';
  const options: RequestOptions = {
    method: 'POST',
    // The checked address, not the name: a second look-up could lead elsewhere.
    host: address,
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'revtr-webhook/1',
      ...headers,
    },
    ...(isTls && isIP(host) === 0 && { servername: host }),
    agent: false,
    maxHeaderSize: MOST_HEADER_BYTES,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)(options, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code ?? error.message;
      reject(new WebhookError('unreachable', `the request failed: ${reason}`, { reason }));
    });
    request.end(body);
  });
}
