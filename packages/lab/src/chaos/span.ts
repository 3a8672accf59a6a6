/** A time in which something lasted, milliseconds since the Unix epoch. */
export interface Span {
  readonly from: number;
  readonly until: number;
}
