import { ScamperError } from '../errors.ts';

/** A message between scamper and its remote controller. Channel 0 carries control messages. */
export interface Frame {
  /** Number of the sender's next message that the peer acknowledges, 32 bits. */
  readonly sequence: number;
  readonly channel: number;
  readonly payload: Uint8Array;
}

const HEADER_LENGTH = 10;
/** Longest payload of a frame. */
export const MOST_PAYLOAD = 0xffff;

/**
 * Splits the stream of a scamper that was started with `-R` into frames: sequence number, channel (32 bits each) and length (16 bits) in
 * network byte order, and the payload (`sc_remoted.c` of scamper). Buffers at most one frame.
 */
export class FrameDecoder {
  #pending: Uint8Array = new Uint8Array(0);

  /** Takes a chunk of any size. @throws {ScamperError} `badProtocol` for a frame without payload */
  push(chunk: Uint8Array): Frame[] {
    const bytes = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_LENGTH) {
      const length = bytes.readUInt16BE(at + 8);
      if (length === 0) throw badRemoteMessage('a frame without payload', bytes.subarray(at, at + HEADER_LENGTH));
      const end = at + HEADER_LENGTH + length;
      if (end > bytes.length) break;
      frames.push({
        sequence: bytes.readUInt32BE(at),
        channel: bytes.readUInt32BE(at + 4),
        payload: bytes.subarray(at + HEADER_LENGTH, end),
      });
      at = end;
    }
    // A copy, because the caller may reuse the memory of its chunk.
    this.#pending = Uint8Array.prototype.slice.call(bytes, at);
    return frames;
  }
}

/** Encodes a frame. The payload has 1 to 65,535 bytes. */
export function encodeFrame({ sequence, channel, payload }: Frame): Uint8Array {
  const bytes = Buffer.alloc(HEADER_LENGTH + payload.length);
  bytes.writeUInt32BE(sequence, 0);
  bytes.writeUInt32BE(channel, 4);
  bytes.writeUInt16BE(payload.length, 8);
  bytes.set(payload, HEADER_LENGTH);
  return bytes;
}

const RECEIVED_SHOWN = 40;

/** The error for bytes that a remote scamper may not send. */
export function badRemoteMessage(what: string, bytes: Uint8Array): ScamperError {
  const received = Buffer.from(bytes.subarray(0, RECEIVED_SHOWN)).toString('hex');
  return new ScamperError('badProtocol', `scamper sent ${what}: ${received}`, { received });
}
