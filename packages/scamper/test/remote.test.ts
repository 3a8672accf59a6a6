import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@revtr/probing';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder, RemoteScamper, ScamperDriver } from '../src/index.ts';

const random = (): number => 0.5;

/** A connection whose other end is this test. */
class Wire extends Duplex {
  readonly #decoder = new FrameDecoder();
  /** Frames that were sent to scamper: sequence, channel and payload in hexadecimal. */
  readonly sent: string[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const { sequence, channel, payload } of this.#decoder.push(chunk))
      this.sent.push(`${sequence} ${channel} ${Buffer.from(payload).toString('hex')}`);
    done();
  }

  say(sequence: number, channel: number, hex: string): void {
    this.push(encodeFrame({ sequence, channel, payload: Buffer.from(hex, 'hex') }));
  }
}

const CHANNEL = 0x4000_0000;
const accept = (wire: Wire) => RemoteScamper.accept(wire, { identity: 'a:1' }, { clock: systemClock, random });
const isClosed = (wire: Wire): Promise<void> => new Promise((resolve) => wire.once('close', () => resolve()));

describe('a connection of scamper -R', () => {
  it('is greeted, and carries commands and results on one channel', async () => {
    const wire = new Wire();
    wire.say(0, 0, '00080102030405060708' + '08666f6f2e62617200');
    const scamper = await accept(wire);
    expect(scamper.monitor).toBe('foo.bar');
    // The identity with its length and a zero byte; then the channel, which scamper acknowledges.
    expect(wire.sent).toEqual(['0 0 0104613a3100', `0 0 02${CHANNEL.toString(16)}`]);
    scamper.stream.write('ping 192.0.2.1\n');
    wire.say(0, 0, '0500000000');
    wire.say(0, CHANNEL, '4f4b0a');
    const [result] = await new Promise<Buffer[]>((resolve) => scamper.stream.once('data', (data) => resolve([data])));
    expect(result.toString()).toBe('OK\n');
    expect(wire.sent.slice(2)).toEqual([
      `1 ${CHANNEL} ${Buffer.from('ping 192.0.2.1\n').toString('hex')}`,
      '2 0 0500000000',
    ]);
    scamper.close();
    expect(wire.destroyed).toBe(true);
  });

  it('that scamper resumes goes on with its numbers, and closes the channels of the connection before', async () => {
    const wire = new Wire();
    // Number of the greeting; we continue with 7, it with 0xffffffff.
    wire.say(0, 0, '06080102030405060708' + '00000007' + 'fffffffe' + 'ffffffff');
    const scamper = await accept(wire);
    scamper.stream.resume();
    wire.say(0xffff_ffff, 0x99, '4f4b0a');
    wire.say(0, 0x99, '4f4b0a');
    await sleep(0);
    expect(wire.sent).toEqual([
      '0 0 08ffffffff',
      `7 0 02${CHANNEL.toString(16)}`,
      '8 0 05ffffffff',
      '8 0 0300000099',
      '9 0 0500000000',
    ]);
    scamper.close();
  });

  it.each([
    ['a message out of order', 1, 0, '04'],
    ['an acknowledgement of something else', 0, 0, '0500000005'],
    ['a second greeting', 0, 0, '0008010203040506070800'],
    ['an unknown control message', 0, 0, '63'],
  ])('ends with %s', async (_, sequence, channel, hex) => {
    const wire = new Wire();
    wire.say(0, 0, '0008010203040506070800');
    const scamper = await accept(wire);
    const errors: string[] = [];
    scamper.stream.on('error', (error) => errors.push(error.message));
    wire.say(sequence, channel, hex);
    await isClosed(wire);
    expect(errors).toEqual([expect.stringContaining('scamper sent')]);
  });
});

describe('the real scamper', () => {
  let child: ChildProcess | undefined;
  let server: Server | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
    server?.close();
  });

  it('takes commands over a connection that it makes', async () => {
    const dialled = new Promise<RemoteScamper>((resolve, reject) => {
      server = createServer((socket) => {
        RemoteScamper.accept(socket, { identity: '127.0.0.1:1' }, { clock: systemClock, random }).then(resolve, reject);
      });
    });
    const port = await new Promise<number>((resolve) => {
      server?.listen(0, '127.0.0.1', () => {
        const address = server?.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    child = spawn('scamper', ['-R', `127.0.0.1:${port}`, '-p', '1000'], { stdio: 'ignore' });
    const scamper = await dialled;
    const connection = { stream: scamper.stream, isAttached: true, pid: undefined, end: undefined };
    const driver = await ScamperDriver.over(
      async () => ({ ...connection, stop: async () => scamper.close() }),
      {},
      { clock: systemClock },
    );
    const results = await Promise.all(Array.from({ length: 100 }, () => driver.run('ping -c 1 -o 1 127.0.0.1').result));
    expect(results.every(({ type }) => type === 'ping')).toBe(true);
    await expect(driver.run('pong').result).rejects.toMatchObject({ code: 'refused' });
    await driver.stop();
  });
});
