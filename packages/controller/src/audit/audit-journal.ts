import { closeSync, ftruncateSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockDirectory, makePrivate } from '@revtr/storage';
import type { AuditRecord } from './audit-record.ts';
import { RECORD_BYTES, readRecords, writeRecord } from './journal-record.ts';

/** Keeps records that are not in the database yet. */
export interface AuditJournal {
  /** Returns the records that earlier runs left behind. They stay in the journal until {@link dropRotated}. */
  open(): Promise<AuditRecord[]>;
  /** Keeps records, all or none. When this returns, they survive the end of this process. @throws the error of the file system */
  add(records: readonly AuditRecord[]): void;
  /** Returns if there is room for many records. @throws the error of the file system */
  requireRoom(): void;
  /** Begins a new part, because the records so far are about to be stored elsewhere. @throws the error of the file system */
  rotate(): void;
  /** Deletes the parts before the last {@link rotate}. */
  dropRotated(): Promise<void>;
  close(): void;
}

/** A journal that keeps nothing, for a database in memory. */
export const NO_JOURNAL: AuditJournal = {
  open: () => Promise.resolve([]),
  add: () => undefined,
  requireRoom: () => undefined,
  rotate: () => undefined,
  dropRotated: () => Promise.resolve(),
  close: () => undefined,
};

/** A file that is written to find out whether there is room, and then deleted. */
const ROOM = 'room';
/** Room for more than ten thousand records. */
const ROOM_BYTES = 2 ** 20;
const NAME = /^journal\.(\d{1,15})$/;

/**
 * A journal in files of a directory, one for each part. What was written survives a killed process, because the kernel has it; a power
 * failure may lose the last seconds.
 */
export class FileJournal implements AuditJournal {
  readonly #directory: string;
  #part = 0;
  #file: number | undefined;
  /** Length of the current file up to the end of its last whole record. */
  #length = 0;
  #rotated: string[] = [];
  #unlock: () => void = () => undefined;

  /** `directory` belongs to one process. It gets mode 0700, and the files in it 0600. */
  constructor(options: { readonly directory: string }) {
    this.#directory = options.directory;
  }

  /** @throws {StorageError} `directoryInUse`, `unsafeDirectory` */
  async open(): Promise<AuditRecord[]> {
    makePrivate(this.#directory);
    this.#unlock = lockDirectory(this.#directory);
    rmSync(join(this.#directory, ROOM), { force: true });
    const left: AuditRecord[] = [];
    for (const name of await readdir(this.#directory)) {
      const part = NAME.exec(name)?.[1];
      if (part === undefined) continue;
      for (const record of readRecords(await readFile(join(this.#directory, name)))) left.push(record);
      this.#rotated.push(name);
      this.#part = Math.max(this.#part, Number(part) + 1);
    }
    this.#file = this.#openPart(this.#part);
    return left;
  }

  add(records: readonly AuditRecord[]): void {
    const file = this.#file;
    if (file === undefined) throw new Error('the journal of the audit is not open');
    const bytes = Buffer.alloc(records.length * RECORD_BYTES);
    for (const [i, record] of records.entries()) writeRecord(record, bytes, i * RECORD_BYTES);
    const written = writeSync(file, bytes, 0, bytes.length, this.#length);
    if (written < bytes.length) {
      // The disk is full. Of records that are refused, none may be found later.
      ftruncateSync(file, this.#length);
      throw new Error('the disk is full');
    }
    this.#length += bytes.length;
  }

  requireRoom(): void {
    const path = join(this.#directory, ROOM);
    try {
      writeFileSync(path, Buffer.alloc(ROOM_BYTES), { mode: 0o600 });
    } finally {
      rmSync(path, { force: true });
    }
  }

  rotate(): void {
    const next = this.#openPart(this.#part + 1);
    this.#closePart();
    this.#rotated.push(`journal.${this.#part}`);
    this.#part++;
    this.#file = next;
    this.#length = 0;
  }

  async dropRotated(): Promise<void> {
    for (const name of this.#rotated.splice(0)) await rm(join(this.#directory, name), { force: true });
  }

  close(): void {
    this.#closePart();
    this.#unlock();
  }

  #openPart(part: number): number {
    return openSync(join(this.#directory, `journal.${part}`), 'w', 0o600);
  }

  #closePart(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
