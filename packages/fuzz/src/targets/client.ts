import { escaped, escapeText, toJson } from '@revtr/cli/escape';
import { APPLICATION_FIELDS, readMailedApplication } from '@revtr/cli/mailed-application';
import { ClientError } from '@revtr/client';
import { readEvents } from '@revtr/client/events';
import { bytesOf, ensure, type Target, textOf } from '../target.ts';

const STREAM = `event: progress
data: {"total":2,"done":1}

: comment
id: 5
retry: 100
event: path
data: {"measurement":1,
data: "hops":[{"address":"192.0.2.1","technique":"atlas","trust":"measured"}]}

event: ended
data: {"measurement":1,"stopReason":"reached"}

event: complete
data: {"total":2}

`;

async function* chunksOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  const size = 1 + (content.length >>> 2);
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

/** The event stream of a server, as the client reads it. */
export const clientEvents = (): Target => ({
  form: 'bytes',
  seeds: [bytesOf(STREAM), bytesOf('\ufeffdata\n\n'), bytesOf('event: complete\r\ndata: null\r\n\r\n')],
  words: ['\n\n', '\r', 'data: ', 'event: ', 'retry: ', 'id: '],
  isExpected: (error) => error instanceof ClientError,
  run: async (input) => {
    for await (const event of readEvents(chunksOf(input))) ensure(typeof event.type === 'string', 'no type');
  },
});

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Text of others on a terminal: as UTF-8, and as UTF-16 units, among which surrogates can be alone. */
export const cliEscape = (): Target => ({
  form: 'bytes',
  maxBytes: 512,
  seeds: ['\u001b[31mred\u001b[0m', 'a\u202eb\u2028c', '\u{e0041}\u{1f600}', '\\u{1b}'].map(bytesOf),
  isExpected: () => false,
  run: (input) => {
    const units = String.fromCharCode(...new Uint16Array(input.slice(0, input.length & ~1).buffer));
    for (const text of [textOf(input), units]) {
      const once = escapeText(text);
      ensure(!UNSAFE.test(once), 'an unsafe character is left');
      ensure(escapeText(once) === once, 'escaping twice changes the text');
      ensure(!UNSAFE.test(toJson({ [text]: text })), 'an unsafe character is left in JSON');
      ensure(Object(JSON.parse(toJson([text])))[0] === text, 'the JSON has another value');
      escaped({ [text]: [text] });
    }
  },
});

const MAIL = `From: "A. Host" <a.host@revtr.example>
> Public IP address: 192.0.2.1
Hosting: a rack
in a room

- Reason = curiosity
`;

/** The text of a mail in which somebody applies to host a source. */
export const mailedApplication = (): Target => ({
  form: 'bytes',
  maxBytes: 20_000,
  seeds: [MAIL, 'from: a@revtr.example\n192.0.2.7', `from:${' '.repeat(3_000)}`].map(bytesOf),
  words: ['From: ', 'Name: ', 'E-mail: ', 'address: ', '> ', '\r\n', ' <', '>', '192.0.2.1'],
  isExpected: () => false,
  run: (input) => {
    for (const [name, value] of Object.entries(readMailedApplication(textOf(input))))
      ensure(value !== '' && APPLICATION_FIELDS.some((field) => field === name), 'a field that is none');
  },
});
