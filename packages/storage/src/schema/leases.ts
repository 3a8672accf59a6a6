/** Who owns what in a cluster. */
export interface LeaseTable {
  /** What is owned. */
  readonly name: string;
  /** The process that owns it, or owned it last. */
  readonly owner: string;
  /** Grows whenever the owner changes, or an owner that was late takes it again. */
  readonly token: number;
  /** By the clock of the database. */
  readonly until: Date;
}
