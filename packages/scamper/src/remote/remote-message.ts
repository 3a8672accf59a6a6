import { badRemoteMessage } from './frame.ts';

/** A control message of a scamper that was started with `-R` (`sc_remoted.c` of scamper describes them all). */
export type RemoteMessage =
  /** scamper introduces itself. `monitor` is its option `-M`. */
  | { readonly type: 'hello'; readonly monitor: string | undefined }
  /** scamper lost the connection before: it expects `received` as our next sequence number, and continues with `next`. */
  | { readonly type: 'resume'; readonly received: number; readonly next: number }
  /** scamper sends no more on a channel. */
  | { readonly type: 'finished'; readonly channel: number }
  | { readonly type: 'keepAlive' }
  | { readonly type: 'acknowledged'; readonly sequence: number };

const TYPE = {
  hello: 0,
  identity: 1,
  open: 2,
  finish: 3,
  keepAlive: 4,
  acknowledge: 5,
  resume: 6,
  resumed: 8,
} as const;
const WORD = 4;

/** Reads a control message. @throws {ScamperError} `badProtocol` for every other payload */
export function readRemoteMessage(payload: Uint8Array): RemoteMessage {
  const bytes = Buffer.from(payload);
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case TYPE.hello:
      return { type: 'hello', monitor: readMonitor(body) };
    case TYPE.resume:
      return readResume(body);
    case TYPE.finish:
      if (body.length === WORD) return { type: 'finished', channel: body.readUInt32BE() };
      break;
    case TYPE.keepAlive:
      if (body.length === 0) return { type: 'keepAlive' };
      break;
    case TYPE.acknowledge:
      if (body.length === WORD) return { type: 'acknowledged', sequence: body.readUInt32BE() };
  }
  throw badRemoteMessage('an unknown control message', bytes);
}

/** Both lengths of the greeting, of a random number and of the name, include what they count. The name ends with a zero byte. */
function readMonitor(body: Buffer): string | undefined {
  const magicLength = body[0] ?? 0;
  const at = 1 + magicLength;
  if (magicLength === 0 || body.length < at) throw badRemoteMessage('a greeting without its number', body);
  const length = body[at] ?? 0;
  if (length === 0 && body.length <= at + 1) return undefined;
  const name = body.subarray(at + 1).toString('latin1');
  if (name.length !== length || !/^[A-Za-z0-9.-]+\0$/.test(name)) throw badRemoteMessage('a bad monitor name', body);
  return name.slice(0, -1);
}

function readResume(body: Buffer): RemoteMessage {
  const at = 1 + (body[0] ?? 0);
  if (at === 1 || body.length !== at + 3 * WORD) throw badRemoteMessage('a bad resumption', body);
  return { type: 'resume', received: body.readUInt32BE(at), next: body.readUInt32BE(at + 2 * WORD) };
}

const withWord = (type: number, word: number): Uint8Array => {
  const bytes = Buffer.alloc(1 + WORD);
  bytes[0] = type;
  bytes.writeUInt32BE(word, 1);
  return bytes;
};

/** The control messages that are sent to scamper. */
export const REMOTE_MESSAGES = {
  /** Accepts a scamper. scamper names its results after `identity`: at most 100 printable characters. */
  identity: (identity: string): Uint8Array =>
    Buffer.concat([Buffer.from([TYPE.identity, identity.length + 1]), Buffer.from(`${identity}\0`, 'latin1')]),
  /** Accepts a resumption; all messages before `received` have arrived. */
  resumed: (received: number): Uint8Array => withWord(TYPE.resumed, received),
  /** Opens a channel for commands. */
  open: (channel: number): Uint8Array => withWord(TYPE.open, channel),
  /** Closes a channel. */
  finish: (channel: number): Uint8Array => withWord(TYPE.finish, channel),
  keepAlive: (): Uint8Array => Buffer.from([TYPE.keepAlive]),
  acknowledge: (sequence: number): Uint8Array => withWord(TYPE.acknowledge, sequence),
};
