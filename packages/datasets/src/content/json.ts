import type { z } from 'zod';
import { DatasetError, emptyFile } from '../errors.ts';
import type { Content } from './limits.ts';
import { readWhole } from './whole.ts';

/** Reads a JSON file. @throws {DatasetError} `truncated` when it is not JSON, `wrongFormat` when it does not match the schema */
export async function readJson<T>(content: Content, schema: z.ZodType<T>): Promise<T> {
  const text = (await readWhole(content)).toString('utf8');
  if (text.trim() === '') throw emptyFile('the file is empty');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DatasetError('truncated', 'the file is not JSON, or ends early', {});
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue.path.join('.') || 'the file';
  throw new DatasetError('wrongFormat', `${at}: ${issue.message}`, { at });
}
