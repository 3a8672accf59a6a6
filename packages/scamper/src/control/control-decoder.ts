import { ScamperError } from '../errors.ts';
import { uudecode } from './uuencode.ts';

/** What scamper says on its control socket (scamper.1, "attach"). */
export type ControlMessage =
  /** A command was taken; `id` names the task it began. */
  | { readonly type: 'ok'; readonly id?: number }
  | { readonly type: 'error'; readonly text: string }
  /** The queue is empty. */
  | { readonly type: 'more' }
  /** One warts record. */
  | { readonly type: 'data'; readonly warts: Uint8Array };

const NEWLINE = 10;
const MOST_DATA_BYTES = 16 * 2 ** 20;

/** Cuts the stream of a control socket into messages, whatever the chunks. */
export class ControlDecoder {
  #pending: Buffer = Buffer.alloc(0);
  #dataLength: number | undefined;

  /** @throws {ScamperError} `badProtocol` */
  push(chunk: Uint8Array): ControlMessage[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const messages: ControlMessage[] = [];
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message);
    return messages;
  }

  #next(): ControlMessage | undefined {
    if (this.#dataLength === undefined) {
      const line = this.#takeLine();
      if (line === undefined) return undefined;
      const data = /^DATA (\d{1,9})$/.exec(line);
      if (data === null) return readLine(line);
      this.#dataLength = Number(data[1]);
      if (this.#dataLength > MOST_DATA_BYTES)
        throw new ScamperError('badProtocol', `a result of ${this.#dataLength} bytes`);
    }
    if (this.#pending.length < this.#dataLength) return undefined;
    const warts = uudecode(this.#pending.subarray(0, this.#dataLength));
    this.#pending = this.#pending.subarray(this.#dataLength);
    this.#dataLength = undefined;
    return { type: 'data', warts };
  }

  #takeLine(): string | undefined {
    const end = this.#pending.indexOf(NEWLINE);
    if (end < 0) return undefined;
    const line = this.#pending.subarray(0, end).toString('latin1').trimEnd();
    this.#pending = this.#pending.subarray(end + 1);
    return line;
  }
}

function readLine(line: string): ControlMessage {
  if (line === 'MORE') return { type: 'more' };
  const ok = /^OK(?: id-(\d+))?/.exec(line);
  if (ok !== null) return { type: 'ok', ...(ok[1] !== undefined && { id: Number(ok[1]) }) };
  if (line.startsWith('ERR')) return { type: 'error', text: line.slice(3).trim() };
  throw new ScamperError('badProtocol', `scamper said '${line.slice(0, 80)}'`);
}
