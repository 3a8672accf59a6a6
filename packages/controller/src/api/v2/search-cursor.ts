import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';

const VERSION = 1;
const HASH_BYTES = 8;
const BYTES = 1 + 8 + HASH_BYTES;

/** A cursor in a request. */
export const cursorSchema = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be the `cursor` of an answer');

/** Writes where a search stopped: the id after which it goes on. `search`: everything that decides what is found, as JSON can represent it. */
export function writeCursor(after: number, search: unknown): string {
  const bytes = Buffer.alloc(BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeBigUInt64BE(BigInt(after), 1);
  hashOf(search).copy(bytes, BYTES - HASH_BYTES);
  return bytes.toString('base64url');
}

/** The id after which a search goes on. @throws {ControllerError} `badRequest` for a cursor of another search, or none of this API */
export function readCursor(cursor: string, search: unknown): number {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== BYTES || bytes.readUInt8(0) !== VERSION || bytes.toString('base64url') !== cursor)
    throw badCursor('is no cursor of this API');
  if (!hashOf(search).equals(bytes.subarray(BYTES - HASH_BYTES)))
    throw badCursor('belongs to a request with other filters or another order');
  const after = Number(bytes.readBigUInt64BE(1));
  if (!Number.isSafeInteger(after)) throw badCursor('is no cursor of this API');
  return after;
}

const hashOf = (search: unknown): Buffer =>
  createHash('sha256').update(JSON.stringify(search)).digest().subarray(0, HASH_BYTES);

function badCursor(fault: string): ControllerError {
  const message = `the cursor ${fault}`;
  return new ControllerError('badRequest', message, { places: [{ at: 'cursor', code: 'badCursor', message }] });
}
