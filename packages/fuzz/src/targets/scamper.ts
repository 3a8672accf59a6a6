import { readFileSync } from 'node:fs';
import {
  ControlDecoder,
  encodeFrame,
  encodeWarts,
  FrameDecoder,
  readRemoteMessage,
  ScamperError,
  uudecode,
  WartsDecoder,
  WartsToJson,
} from '@revtr/scamper';
import { bytesOf, ensure, type Target } from '../target.ts';

/** Files that the real scamper wrote: `packages/scamper/test/fixtures/record.sh`. */
const recorded = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../scamper/test/fixtures/${name}`, import.meta.url));
const isScamperError = (error: unknown): boolean => error instanceof ScamperError;

/** The stream in one piece, and the same stream in two. */
function decode(input: Uint8Array): void {
  const whole = new WartsDecoder();
  const json = new WartsToJson();
  const records = whole.push(input);
  for (const record of records) {
    json.convert(record);
    if (record.type !== 'sniff') encodeWarts(record);
  }
  const parts = new WartsDecoder();
  const middle = input.length >>> 1;
  const count = parts.push(input.subarray(0, middle)).length + parts.push(input.subarray(middle)).length;
  ensure(count === records.length, `${records.length} records in one piece, ${count} in two`);
  whole.end();
}

/** Whole warts files. */
export const warts = (): Target => ({
  form: 'bytes',
  maxBytes: 8_192,
  seeds: [
    ...['ping.warts', 'trace.warts', 'sniff.warts'].map(recorded),
    encodeWarts({ type: 'other', number: 99, body: new Uint8Array(4) }),
  ],
  isExpected: isScamperError,
  run: decode,
});

const HEADER_BYTES = 8;

/** One record with a good magic number and length: the input is its type and its body. */
export const wartsRecord = (): Target => ({
  form: 'bytes',
  maxBytes: 2_048,
  seeds: ['ping.warts', 'trace.warts', 'sniff.warts'].map(recorded).flatMap(recordsOf),
  isExpected: isScamperError,
  run: (input) => {
    const [type = 0] = input;
    const body = input.subarray(1);
    const file = new Uint8Array(HEADER_BYTES + body.length);
    const header = new DataView(file.buffer);
    header.setUint16(0, 0x1205);
    header.setUint16(2, type);
    header.setUint32(4, body.length);
    file.set(body, HEADER_BYTES);
    decode(file);
  },
});

/** Splits a file into records: their type as one byte, and their body. */
function recordsOf(file: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at < file.length; at += HEADER_BYTES + view.getUint32(at + 4)) {
    const end = at + HEADER_BYTES + view.getUint32(at + 4);
    records.push(Uint8Array.of(view.getUint16(at + 2), ...file.subarray(at + HEADER_BYTES, end)));
  }
  return records;
}

/** The stream of scamper's control socket, in one piece and in parts. */
export const scamperControl = (): Target => ({
  form: 'bytes',
  seeds: [recorded('control-session.txt'), bytesOf('OK id-1\nMORE\nDATA 5\n"``` \n`\nERR no\n')],
  words: ['DATA 16777216\n', 'DATA 0\n', 'OK id-', 'MORE\n', 'ERR ', '\n'],
  isExpected: isScamperError,
  run: (input) => {
    const whole = new ControlDecoder().push(input);
    const parts = new ControlDecoder();
    let count = 0;
    const size = 1 + (input.length >>> 2);
    for (let at = 0; at < input.length; at += size) count += parts.push(input.subarray(at, at + size)).length;
    ensure(count === whole.length, `${whole.length} messages in one piece, ${count} in parts`);
  },
});

/** The stream of a scamper that was started with `-R`, in one piece and in two, and the control messages in it. */
export const scamperRemote = (): Target => ({
  form: 'bytes',
  seeds: [
    frameOf(0, Buffer.from('\0\x08magicnum\x08foo.bar\0', 'latin1')),
    frameOf(0, Buffer.from(`\x06\x08magicnum${'\0\0\0\x07'.repeat(3)}`, 'latin1')),
    Buffer.concat([
      frameOf(0, Uint8Array.of(5, 0, 0, 0, 1)),
      frameOf(0, Uint8Array.of(4)),
      frameOf(0, Uint8Array.of(3, 0, 0, 0, 9)),
    ]),
    frameOf(9, bytesOf('OK id-1\nMORE\n')),
  ],
  isExpected: isScamperError,
  run: (input) => {
    const frames = new FrameDecoder().push(input);
    const parts = new FrameDecoder();
    const middle = input.length >>> 1;
    const inParts = [...parts.push(input.subarray(0, middle)), ...parts.push(input.subarray(middle))];
    ensure(inParts.length === frames.length, `${frames.length} frames in one piece, ${inParts.length} in two`);
    const encoded = Buffer.concat(frames.map(encodeFrame));
    ensure(encoded.equals(input.subarray(0, encoded.length)), 'a frame that is not encoded as it was');
    for (const { channel, payload } of frames) if (channel === 0) readRemoteMessage(payload);
  },
});

const frameOf = (channel: number, payload: Uint8Array): Uint8Array => encodeFrame({ sequence: 0, channel, payload });

/** Uuencoded text. */
export const uuencode = (): Target => ({
  form: 'bytes',
  seeds: [recorded('control-session.txt'), bytesOf('#86)C\n`\n')],
  isExpected: () => false,
  run: (input) => ensure(uudecode(input).length <= input.length, 'more bytes than characters'),
});
