import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { RunRevtrReqSchema } from '../../src/grpc/generated/revtr_pb.ts';
import { oneMessage } from '../../src/grpc/one-message.ts';
import { framed } from './raw-call.ts';

/** What is passed on of the chunks of a body, the code with which it is refused, and how many chunks were read. */
async function passedOn(chunks: readonly Uint8Array[], limits = { bytes: 1_000, nested: 10 }) {
  const passed: Uint8Array[] = [];
  let read = 0;
  let code: Code | undefined;
  async function* body() {
    for (const chunk of chunks) {
      read++;
      yield chunk;
    }
  }
  try {
    for await (const chunk of oneMessage(body(), RunRevtrReqSchema, () => limits)) passed.push(chunk);
  } catch (error) {
    code = ConnectError.from(error).code;
  }
  return { passed: passed.map((chunk) => Buffer.from(chunk).toString('hex')), code, read };
}
const bytesOf = (buffer: Buffer) => Array.from(buffer, (byte) => Uint8Array.of(byte));

describe('the body of a call with one message', () => {
  const message = framed(Buffer.from('0a00'.repeat(10), 'hex'));

  it('is passed on in one piece, however it arrives', async () => {
    const whole = { passed: [message.toString('hex')], code: undefined };
    expect(await passedOn([message])).toMatchObject(whole);
    expect(await passedOn(bytesOf(message))).toMatchObject(whole);
    expect(await passedOn([message, new Uint8Array(), new Uint8Array()])).toMatchObject(whole);
    const large = framed(Buffer.alloc(90_000));
    const limits = { bytes: 90_000, nested: 10 };
    expect((await passedOn(bytesOf(large), limits)).passed).toEqual([large.toString('hex')]);
  });

  it('is not read after the end of the message', async () => {
    const many = bytesOf(framed(Buffer.alloc(100)));
    const refused = { passed: [message.toString('hex')], code: Code.Unimplemented, read: 2 };
    expect(await passedOn([message, ...many])).toEqual(refused);
    expect(await passedOn([Buffer.concat([message, many[0]]), ...many])).toEqual({ ...refused, passed: [], read: 1 });
  });

  it('is not read beyond the limits', async () => {
    const exhausted = { passed: [], code: Code.ResourceExhausted, read: 1 };
    expect(await passedOn([framed(Buffer.from('0a00'.repeat(11), 'hex'))])).toEqual(exhausted);
    const platforms = (count: number) => [{ atlasOptions: { platforms: Array.from({ length: count }, () => '') } }];
    const naming = (count: number) =>
      framed(toBinary(RunRevtrReqSchema, create(RunRevtrReqSchema, { revtrs: platforms(count) })));
    expect(await passedOn([naming(8)])).toMatchObject({ code: undefined });
    expect(await passedOn([naming(9)])).toEqual(exhausted);
    expect(await passedOn([framed(new Uint8Array(), { length: 1_001 }), new Uint8Array(1_001)])).toEqual(exhausted);
  });
});
