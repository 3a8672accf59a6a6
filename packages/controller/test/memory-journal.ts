import type { AuditJournal } from '../src/audit/audit-journal.ts';
import type { AuditRecord } from '../src/audit/audit-record.ts';

/** A journal in memory that outlives an audit log. */
export class MemoryJournal implements AuditJournal {
  rotated: AuditRecord[] = [];
  current: AuditRecord[] = [];
  isFull = false;

  async open(): Promise<AuditRecord[]> {
    this.rotated = [...this.rotated, ...this.current];
    this.current = [];
    return [...this.rotated];
  }

  add(records: readonly AuditRecord[]): void {
    if (this.isFull) throw new Error('ENOSPC');
    this.current.push(...records);
  }

  requireRoom(): void {
    if (this.isFull) throw new Error('ENOSPC');
  }

  rotate(): void {
    this.rotated.push(...this.current);
    this.current = [];
  }

  async dropRotated(): Promise<void> {
    this.rotated = [];
  }

  close(): void {
    this.isFull = true;
  }
}
