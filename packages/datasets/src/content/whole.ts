import { emptyFile } from '../errors.ts';
import type { Content } from './limits.ts';

/** All bytes of a file whose format cannot be read in parts. @throws {DatasetError} `empty` */
export async function readWhole(content: Content): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0) throw emptyFile('the file is empty');
  return bytes;
}
