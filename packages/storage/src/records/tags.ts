/** First bytes of the values of a record. A byte below the first tag is a whole number itself. */
export const TAGS = {
  /** Number of a text, a shape, or a value that the record has already; length of a list. Each is the tag plus a small number. */
  shortWord: 0x40,
  shortShape: 0x80,
  shortReference: 0xa0,
  shortList: 0xc0,
  null: 0xd0,
  false: 0xd1,
  true: 0xd2,
  /** A whole number, and one below zero, as a number of seven-bit groups, the lowest first. */
  integer: 0xd3,
  negative: 0xd4,
  /** A positive decimal with three places, times 1,000. */
  thousandths: 0xd5,
  /** IEEE 754, big-endian. */
  float32: 0xd6,
  float64: 0xd7,
  /** Four bytes. */
  address: 0xd8,
  /** A length in bytes, and UTF-8. */
  text: 0xd9,
  word: 0xda,
  shape: 0xdb,
  reference: 0xdc,
  list: 0xdd,
  /** A number of fields, their names, and their values. */
  object: 0xde,
  /** A text with `\0` for each of the numbers and addresses that follow. */
  template: 0xdf,
} as const;

/** First byte of every record. */
export const RECORD_VERSION = 1;

/** Lists and objects within each other. */
export const MOST_DEPTH = 32;
/** Characters of a text that is written as a template: a short record must not become a long text. */
export const MOST_TEMPLATE = 256;
/** Whole numbers from here on, and all fractions that are not thousandths, are written once: later ones refer to the first. */
export const LEAST_REFERENCED = 2 ** 28;
