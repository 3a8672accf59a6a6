import { fileURLToPath } from 'node:url';
import {
  Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO = fileURLToPath(new URL('../../../controller/src/api/original/proto/revtr.proto', import.meta.url));
const MOST_ANSWER_BYTES = 256 * 2 ** 20;

/** How a call is made. */
export interface CallOptions {
  /** Default 30,000 milliseconds, as the sidecar has it. */
  readonly deadlineMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/** An answer and the metadata before it. */
export interface OriginalAnswer {
  readonly message: unknown;
  readonly headers: Metadata;
}

/**
 * A client of `pb.Revtr`, made by grpc-js from the descriptor of the original's messages at run time: it shares no code with the server. Like
 * the sidecar, it does not check the certificate of the server. Names are in camel case, 64-bit numbers and enums are text.
 */
export class OriginalClient {
  readonly #client: Client;
  readonly #methods: ReadonlyMap<string, MethodDefinition<object, object>>;

  /** @param address Host and port, for instance `localhost:9999` */
  constructor(address: string) {
    const unchecked = credentials.createSsl(null, null, null, { rejectUnauthorized: false });
    this.#client = new Client(address, unchecked, { 'grpc.max_receive_message_length': MOST_ANSWER_BYTES });
    this.#methods = revtrMethods();
  }

  /** Calls a method, for instance `RunRevtr`. Rejects with a {@link ServiceError} of grpc-js. */
  async call(method: string, message: object, options: CallOptions = {}): Promise<OriginalAnswer> {
    const definition = this.#methods.get(method);
    if (definition === undefined) throw new Error(`pb.Revtr has no method ${method}`);
    const { deadlineMs = 30_000, signal } = options;
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
    return new Promise((resolve, reject) => {
      let headers = new Metadata();
      const call = this.#client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        message,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error: ServiceError | null, answer?: object) => {
          if (error === null) resolve({ message: answer, headers });
          else reject(error);
        },
      );
      call.on('metadata', (received: Metadata) => {
        headers = received;
      });
      signal?.addEventListener('abort', () => call.cancel(), { once: true });
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** Whether an error is one of grpc-js, with a status code. */
export const isServiceError = (error: unknown): error is ServiceError & StatusObject =>
  error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;

function revtrMethods(): ReadonlyMap<string, MethodDefinition<object, object>> {
  const loaded = loadSync(PROTO, { longs: String, enums: String });
  const packages = loadPackageDefinition(loaded);
  const { pb } = packages;
  if (!('Revtr' in pb) || typeof pb.Revtr !== 'function' || !('service' in pb.Revtr))
    throw new Error('the proto file has no service pb.Revtr');
  return new Map(Object.entries(pb.Revtr.service));
}
