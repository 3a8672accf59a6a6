import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { DatasetError } from '../errors.ts';

/** Reads a JSON file whole. @throws {DatasetError} `truncated` when it is no JSON, `wrongFormat` when it is another */
export async function readJson<T>(input: Readable, schema: z.ZodType<T>): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') throw new DatasetError('empty', 'the file is empty');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DatasetError('truncated', 'the file is no JSON, or is cut');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new DatasetError('wrongFormat', `${issue.path.join('.') || 'the file'}: ${issue.message}`);
}
