import { ScamperError } from '../errors.ts';
import { uudecode } from './uuencode.ts';

/** A message of scamper on its control socket (`scamper(1)`, option `-U`; `scamper_control.c` of 20211212). */
export type ControlMessage =
  /** scamper accepted a command. `id` is the number of the task, when the command started one. */
  | { readonly type: 'ok'; readonly id?: number }
  /** scamper rejected a command. */
  | { readonly type: 'error'; readonly text: string }
  /** scamper can take another command. */
  | { readonly type: 'more' }
  /** A piece of the results: one warts record. */
  | { readonly type: 'data'; readonly warts: Uint8Array };

const NEWLINE = 10;
const MAX_LINE_BYTES = 4_096;
const MAX_DATA_BYTES = 16 * 2 ** 20;
const RECEIVED_SHOWN = 80;

/** Splits the stream of a control socket into messages. It buffers at most one message: a line of 4 KiB or data. */
export class ControlDecoder {
  #chunks: Uint8Array[] = [];
  /** Bytes in `#chunks`. */
  #pending = 0;
  /** Length of the data that the last line announced. */
  #dataLength: number | undefined;
  readonly #mostDataBytes: number;

  /** `mostDataBytes`: longest data, as text. Default 16 MiB. */
  constructor({ mostDataBytes = MAX_DATA_BYTES }: { readonly mostDataBytes?: number } = {}) {
    this.#mostDataBytes = mostDataBytes;
  }

  /** Takes a chunk of any size. @throws {ScamperError} `badProtocol` */
  push(chunk: Uint8Array): ControlMessage[] {
    this.#chunks.push(chunk);
    this.#pending += chunk.length;
    if (this.#pending < (this.#dataLength ?? 0)) return [];
    const messages: ControlMessage[] = [];
    let bytes = Buffer.concat(this.#chunks);
    for (;;) {
      const end = this.#dataLength ?? bytes.indexOf(NEWLINE) + 1;
      if (end > bytes.length || (this.#dataLength === undefined && end === 0)) break;
      const message = this.#read(bytes.subarray(0, end));
      if (message !== undefined) messages.push(message);
      bytes = bytes.subarray(end);
    }
    if (this.#dataLength === undefined && bytes.length > MAX_LINE_BYTES) throw badProtocol('an endless line', bytes);
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#pending = bytes.length;
    return messages;
  }

  /** Reads announced data or a line; `undefined` for the line that announces data. */
  #read(bytes: Buffer): ControlMessage | undefined {
    if (this.#dataLength !== undefined) {
      this.#dataLength = undefined;
      return { type: 'data', warts: uudecode(bytes) };
    }
    const line = bytes.toString('latin1').trimEnd();
    const data = /^DATA (\d{1,9})(?: id-\d{1,15})?$/.exec(line);
    if (data === null) return readLine(line, bytes);
    this.#dataLength = Number(data[1]);
    if (this.#dataLength > this.#mostDataBytes) throw badProtocol('too much data', bytes);
    return undefined;
  }
}

function readLine(line: string, bytes: Buffer): ControlMessage {
  if (line === 'MORE') return { type: 'more' };
  const ok = /^OK(?: id-(\d{1,15}))?(?: |$)/.exec(line);
  if (ok !== null) return { type: 'ok', ...(ok[1] !== undefined && { id: Number(ok[1]) }) };
  if (line.startsWith('ERR')) return { type: 'error', text: line.slice(3).trim() };
  throw badProtocol('an unknown message', bytes);
}

function badProtocol(what: string, bytes: Buffer): ScamperError {
  const received = bytes.subarray(0, RECEIVED_SHOWN).toString('latin1').trimEnd();
  return new ScamperError('badProtocol', `scamper sent ${what}: ${JSON.stringify(received)}`, { received });
}
