import { decode, encode, envelopeSchema, frameSchema } from '@revtr/bus/messages';
import type { z } from 'zod';
import { ensure, jsonBytes, type Target } from '../target.ts';

const MOST_BYTES = 64 * 2 ** 10;
const PROCESS = '6f1c2d3e-4a5b-4c6d-8e7f-001122334455';

/** Messages between the processes of a cluster: what is accepted can be sent again and means the same. */
export const busMessage = (): Target => ({
  form: 'json',
  seeds: [
    { type: 'open', from: PROCESS, stream: 's1', service: 'probes', name: '192.0.2.1' },
    { type: 'accept', from: PROCESS, stream: 's1', window: 20 },
    { type: 'request', from: PROCESS, stream: 's1', id: 1, body: { kind: 'ping' } },
    { type: 'failure', from: PROCESS, stream: 's1', id: 1, message: 'm' },
    { type: 'alive', from: PROCESS },
    { from: PROCESS, number: 7, body: [1, 'two', null] },
  ].map(jsonBytes),
  words: ['open', 'accept', 'request', 'cancel', 'response', 'failure', 'end', 'alive', PROCESS, 'two words', '>', '*'],
  isExpected: () => false,
  run: (input) => {
    resent(input, envelopeSchema);
    const frame = resent(input, frameSchema);
    if (frame === undefined) return;
    ensure(/^[0-9a-f-]{36}$/i.test(frame.from), 'the name of a process cannot be part of a subject');
  },
});

/** The message in `bytes`, which is the same after it is sent again; `undefined` when it is not accepted. */
function resent<T>(bytes: Uint8Array, schema: z.ZodType<T>): T | undefined {
  const message = decode(bytes, schema, MOST_BYTES);
  if (message === undefined) return undefined;
  const again = decode(encode(message, 'fuzz', MOST_BYTES), schema, MOST_BYTES);
  ensure(JSON.stringify(again) === JSON.stringify(message), 'a message changes when it is sent again');
  return again;
}
