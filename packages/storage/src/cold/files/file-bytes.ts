import { open } from 'node:fs/promises';
import type { ByteRange } from './cold-files.ts';

/** Reads some bytes of a file. Throws when the file is shorter, and errors of the system. */
export async function readBytes(path: string, { start, end }: ByteRange): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(path, 'r');
  try {
    const bytes = new Uint8Array(end - start);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
      if (bytesRead === 0) throw new Error('the file is too short');
      at += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
