import { Code, ConnectError } from '@connectrpc/connect';
import { limitedAddressOf, Tally } from '@revtr/link';
import type { GrpcLimits } from './limits.ts';

const MS_PER_BYTE = 125 / 1024;

/** The memory and the time that messages may take while they are received. */
export class MessageBudget {
  readonly #limits: Pick<GrpcLimits, 'receiving' | 'messageMs'>;
  readonly #receiving = new Tally<string>();

  constructor(limits: Pick<GrpcLimits, 'receiving' | 'messageMs'>) {
    this.#limits = limits;
  }

  /**
   * The body of a call with one message, while the budget lasts.
   * @throws {ConnectError} from the iterator: `ResourceExhausted`, `DeadlineExceeded`
   */
  async *bounded(body: AsyncIterable<Uint8Array>, client: string): AsyncGenerator<Uint8Array> {
    const address = limitedAddressOf(client);
    const startedAt = performance.now();
    let received = 0;
    const iterator = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const msLeft = this.#limits.messageMs + received * MS_PER_BYTE - (performance.now() - startedAt);
        const next = await within(msLeft, iterator.next());
        if (next.done === true) return;
        received += next.value.byteLength;
        this.#take(address, next.value.byteLength);
        yield next.value;
      }
    } finally {
      this.#receiving.add(address, -received);
    }
  }

  #take(address: string, bytes: number): void {
    const { total, perAddress } = this.#limits.receiving;
    this.#receiving.add(address, bytes);
    if (this.#receiving.of(address) > perAddress || this.#receiving.total > total)
      throw new ConnectError('the server receives too many messages at this time', Code.ResourceExhausted);
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    const error = new ConnectError('the message did not arrive in time', Code.DeadlineExceeded);
    timer = setTimeout(() => reject(error), Math.max(0, ms));
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
