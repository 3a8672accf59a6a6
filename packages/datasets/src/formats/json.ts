import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { DatasetError } from '../errors.ts';

/** Reads a JSON file whole. @throws {DatasetError} `truncated` when it is no JSON, `wrongFormat` when it is another */
export async function readJson<T>(input: Readable, schema: z.ZodType<T>): Promise<T> {
  const content = await text(input);
  if (content.trim() === '') throw new DatasetError('empty', 'the file is empty');
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw new DatasetError('truncated', 'the file is no JSON, or is cut');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new DatasetError('wrongFormat', `${issue.path.join('.') || 'the file'}: ${issue.message}`);
}
