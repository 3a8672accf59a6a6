import { XMLParser } from 'fast-xml-parser';

/** Keys of one page of a listing, and the token of the next page. */
export interface S3Page {
  readonly keys: readonly string[];
  readonly next: string | undefined;
}

const isList = (name: string): boolean => name === 'Contents';
const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, maxNestedTags: 8, isArray: isList });

/** Reads the answer of `ListObjectsV2`; `undefined` when it is none. */
export function parsePage(text: string): S3Page | undefined {
  const result = childOf(parsed(text), 'ListBucketResult');
  if (typeof result !== 'object' || result === null) return undefined;
  const contents = childOf(result, 'Contents') ?? [];
  if (!Array.isArray(contents)) return undefined;
  const keys = contents.map((entry) => childOf(entry, 'Key'));
  if (!keys.every((key) => typeof key === 'string')) return undefined;
  const next = childOf(result, 'NextContinuationToken');
  if (childOf(result, 'IsTruncated') !== 'true') return { keys, next: undefined };
  return typeof next === 'string' && next !== '' ? { keys, next } : undefined;
}

/** The code in the description of an error; `undefined` when there is none. */
export function parseErrorCode(text: string): string | undefined {
  const code = childOf(childOf(parsed(text), 'Error'), 'Code');
  return typeof code === 'string' && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : undefined;
}

function parsed(text: string): unknown {
  // No answer of the API has one, and it can make a short text long.
  if (text.includes('<!DOCTYPE')) return undefined;
  try {
    return parser.parse(text, true);
  } catch {
    return undefined;
  }
}

const childOf = (node: unknown, name: string): unknown =>
  typeof node === 'object' && node !== null ? Reflect.get(node, name) : undefined;
