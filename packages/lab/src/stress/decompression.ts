import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { readDataset } from '@revtr/datasets';

const TIMES = 10;
const CONTENT_BYTES = 2e6;
const MOST_READ_BYTES = 1e5;

/** Reads compressed datasets that are larger than allowed, cut or damaged: each reader stops while its decoder works. */
export async function decompressAndStop(): Promise<void> {
  const whole = gzipSync(randomBytes(CONTENT_BYTES).toString('hex'));
  const damaged = Buffer.concat([Buffer.from('BZh9'), randomBytes(CONTENT_BYTES)]);
  async function* inChunks(content: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
  }
  const read = async (content: Uint8Array): Promise<void> => {
    const length = Math.floor(Math.random() * content.length);
    const limits = { bytes: Math.random() < 0.5 ? MOST_READ_BYTES : content.length * 4 };
    await readDataset('hitlist', inChunks(content.subarray(0, length)), limits).catch(() => undefined);
  };
  for (let time = 0; time < TIMES; time++) await Promise.all([read(whole), read(damaged)]);
}
