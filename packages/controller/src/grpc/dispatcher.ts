import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  createContextValues,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import type { Logger } from 'pino';
import type { Metrics } from '../foundation/metrics.ts';
import { clientKey, implementationKey, isAuthenticatedKey } from './call-context.ts';
import { CallLimit } from './call-limit.ts';
import type { GrpcLimits } from './limits.ts';
import { MessageBudget } from './message-budget.ts';
import { type MessageLimits, oneMessage } from './one-message.ts';
import type { Refusals } from './refusals.ts';
import { statusNameOf } from './status-names.ts';

export interface DispatcherCollaborators {
  readonly routes: (router: ConnectRouter) => void;
  /**
   * Runs before the message of a call is read. It throws a `ConnectError` to refuse the call, and sets `isAuthenticatedKey` if it has checked a
   * credential.
   */
  readonly requestGate: ((context: HandlerContext) => Promise<void>) | undefined;
  /** What an implementation throws, as an error with a status code; logs faults of the server. */
  readonly toConnectError: (error: unknown) => ConnectError;
  readonly refusals: Refusals;
  readonly metrics: Metrics;
  readonly log: Logger;
}

type Handlers = ReadonlyMap<string, UniversalHandler>;

interface Incoming {
  readonly request: Http2ServerRequest;
  readonly response: Http2ServerResponse;
  /** Address of the client. */
  readonly client: string;
}

/** How a call ends. */
interface Outcome {
  status: string;
  message: string;
  /** Settles when the implementation does nothing more for the call. Never rejects. */
  work: Promise<unknown>;
}

/** Status codes of refusals, with the reason under which they are counted. */
const REFUSALS: Readonly<Record<string, string>> = {
  [Code.InvalidArgument]: 'badMessage',
  [Code.DeadlineExceeded]: 'tooSlow',
  [Code.PermissionDenied]: 'forbidden',
  [Code.ResourceExhausted]: 'limit',
  [Code.Unimplemented]: 'unimplemented',
  [Code.Unauthenticated]: 'unauthenticated',
};

/** Gives each call to the implementation of its method, within the limits of the server. */
export class Dispatcher {
  readonly #server: string;
  readonly #limits: GrpcLimits;
  readonly #collaborators: DispatcherCollaborators;
  readonly #handlers: Handlers;
  readonly #handlersOfStreams: Handlers;
  readonly #budget: MessageBudget;
  readonly #calls: CallLimit;
  readonly #streams: CallLimit;
  readonly #streaming = new Set<Http2ServerResponse>();

  constructor(
    options: { readonly server: string; readonly limits: GrpcLimits },
    collaborators: DispatcherCollaborators,
  ) {
    const { message, calls, streams } = options.limits;
    this.#server = options.server;
    this.#limits = options.limits;
    this.#collaborators = collaborators;
    this.#budget = new MessageBudget(options.limits);
    this.#handlers = handlersOf(Math.max(message.bytes, message.withCredentialBytes), collaborators);
    this.#handlersOfStreams = handlersOf(message.inStreamBytes, collaborators);
    this.#calls = new CallLimit(calls);
    this.#streams = new CallLimit(streams);
  }

  /** Answers a call of a client. Never throws: a bad call ends with a status. */
  dispatch(request: Http2ServerRequest, response: Http2ServerResponse, client: string): void {
    const startedAt = performance.now();
    const { refusals, metrics } = this.#collaborators;
    const call: Outcome = { status: String(Code.Canceled), message: '', work: Promise.resolve() };
    const handler = this.#handlerOf(request.url);
    const method = handler === undefined ? 'none' : `${handler.service.typeName}/${handler.method.name}`;
    const leaveCalls = this.#calls.enter(client);
    const isStream = handler !== undefined && !isUnary(handler);
    const leaveStreams = isStream ? this.#streams.enter(client) : undefined;
    response.once('close', () => {
      // The client may have left while the implementation works for it.
      if (leaveCalls !== undefined) void call.work.then(leaveCalls);
      leaveStreams?.();
      this.#streaming.delete(response);
      metrics.grpcCalled(
        { server: this.#server, method, code: statusNameOf(call.status) },
        performance.now() - startedAt,
      );
      const reason = REFUSALS[call.status];
      if (reason !== undefined) refusals.add(reason, { client, method, message: call.message });
    });
    const end = (code: Code, message: string): void => {
      Object.assign(call, { status: String(code), message });
      endWithStatus(response, code, message);
    };
    if (handler === undefined) end(Code.Unimplemented, 'there is no such method');
    else if (this.#hasLongHeaders(request)) end(Code.ResourceExhausted, 'the headers are too long');
    else if (leaveCalls === undefined || (isStream && leaveStreams === undefined))
      end(Code.ResourceExhausted, 'the server answers too many calls');
    else if (IS_JSON.test(request.headers['content-type'] ?? ''))
      end(Code.Unimplemented, 'messages are Protocol Buffers, not JSON');
    else
      this.#handle(handler, { request, response, client }, call).catch((error: unknown) => {
        // The client has left, or sent what HTTP/2 permits and gRPC does not.
        if (!response.headersSent && !response.stream.destroyed) end(Code.InvalidArgument, messageOf(error));
        else response.stream.close(constants.NGHTTP2_CANCEL);
      });
  }

  /** Ends the calls that have no end by themselves. */
  endStreams(): void {
    for (const { stream } of this.#streaming) stream.close(constants.NGHTTP2_CANCEL);
  }

  #handlerOf(url: string): UniversalHandler | undefined {
    const handler = this.#handlers.get(url);
    return handler === undefined || isUnary(handler) ? handler : this.#handlersOfStreams.get(url);
  }

  #hasLongHeaders({ rawHeaders }: Http2ServerRequest): boolean {
    const { bytes, fields } = this.#limits.headers;
    return rawHeaders.length > fields * 2 || rawHeaders.reduce((sum, { length }) => sum + length, 0) > bytes;
  }

  /** Limits of the message of a call whose request gate has ended. */
  #messageLimits(values: ContextValues): MessageLimits {
    const { message, nested } = this.#limits;
    return values.get(isAuthenticatedKey)
      ? { bytes: message.withCredentialBytes, nested: nested.withCredentialMessages }
      : { bytes: message.bytes, nested: nested.messages };
  }

  async #handle(handler: UniversalHandler, { request, response, client }: Incoming, call: Outcome): Promise<void> {
    const values = createContextValues().set(clientKey, client);
    const universal = universalRequestFromNodeRequest(request, response, undefined, values);
    const isOne = isUnary(handler);
    if (!isOne) this.#streaming.add(response);
    const body =
      isOne && isBytes(universal.body)
        ? oneMessage(this.#budget.bounded(universal.body, client), handler.method.input, () =>
            this.#messageLimits(values),
          )
        : universal.body;
    const answering = handler({ ...universal, body });
    if (isOne)
      call.work = Promise.allSettled([answering]).then(() => Promise.allSettled([values.get(implementationKey)]));
    const answer = await answering;
    // The library calls a message that it cannot decode an internal error.
    const isInvoked = values.get(implementationKey) !== undefined;
    if (!isInvoked && answer.trailer?.get('grpc-status') === String(Code.Internal))
      answer.trailer.set('grpc-status', String(Code.InvalidArgument));
    if (isOne) response.stream.setTimeout(this.#limits.unreadMs, () => response.stream.close(constants.NGHTTP2_CANCEL));
    const note = (): void => {
      call.status = answer.trailer?.get('grpc-status') ?? String(Code.InvalidArgument);
      // Percent-encoded on the wire (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
      call.message = decodeURIComponent(answer.trailer?.get('grpc-message') ?? '');
    };
    // A stream has its status when it ends, and may be ended by the client before.
    if (isOne) note();
    await universalResponseToNodeResponse(answer, response);
    note();
  }
}

function handlersOf(readMaxBytes: number, { routes, requestGate, toConnectError }: DispatcherCollaborators): Handlers {
  const router = createConnectRouter({
    ...{ connect: false, grpcWeb: false, grpc: true },
    readMaxBytes,
    binaryOptions: { readUnknownFields: false },
    ...(requestGate && { requestGate }),
    interceptors: [endWithSignal(toConnectError)],
  });
  routes(router);
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

/** Ends a call with one message when its deadline is over or its client has cancelled it; what the implementation does is not undone. */
const endWithSignal =
  (toConnectError: (error: unknown) => ConnectError): Interceptor =>
  (next) =>
  async (request) => {
    const { contextValues, signal } = request;
    try {
      const work = next(request);
      contextValues.set(implementationKey, work);
      return await (request.stream ? work : Promise.race([work, rejectOnAbort(signal)]));
    } catch (error) {
      throw toConnectError(error);
    }
  };

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const leave = (): void => reject(ConnectError.from(signal.reason, Code.Canceled));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });

/** Ends a call without a message (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Trailers-Only"). */
function endWithStatus(response: Http2ServerResponse, code: Code, message: string): void {
  if (response.stream.destroyed) return;
  response.writeHead(200, {
    'content-type': 'application/grpc',
    'grpc-status': String(code),
    'grpc-message': encodeURIComponent(message),
  });
  response.end(() => response.stream.close(constants.NGHTTP2_NO_ERROR));
}

const isUnary = ({ method }: UniversalHandler): boolean => method.methodKind === 'unary';

const IS_JSON = /^application\/grpc\+json/i;

const isBytes = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
