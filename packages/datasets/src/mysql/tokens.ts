import { tooLarge } from '../errors.ts';

/** A token of SQL text: a keyword, number or unquoted name; a quoted name; a string; or another character such as a parenthesis. */
export type SqlToken = 'word' | 'name' | 'string' | 'mark';

/** Receives the tokens. `text` is empty while {@link SqlTokenizer.keepsText} is false, except for marks. */
export type OnToken = (type: SqlToken, text: string) => void;

/** Longest token that is kept, bytes. The longest values that are of interest are names and addresses. */
const MOST_TOKEN_BYTES = 2 ** 20;
const KEPT_COMMENT_BYTES = 64;

const [TAB, NEWLINE, RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const [HASH, STAR, DASH, SLASH, BACKSLASH] = [0x23, 0x2a, 0x2d, 0x2f, 0x5c];
const [QUOTE, DOUBLE_QUOTE, BACKTICK] = [0x27, 0x22, 0x60];

/** What a backslash and a character in a string stand for; other characters stand for themselves (MySQL manual, "String Literals"). */
const ESCAPES: Readonly<Record<number, number>> = {
  48: 0x00,
  98: 0x08,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
  90: 0x1a,
};

/** Characters of words: letters, digits, `_ $ @ . + -`, and all beyond ASCII. */
const IS_WORD = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 || /[\w$@.+-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** Where the tokenizer is. `quoted` also after a quote, which ends the text unless another quote follows. */
type Place =
  | 'between'
  | 'word'
  | 'quoted'
  | 'escape'
  | 'quote'
  | 'slash'
  | 'dash'
  | 'dashes'
  | 'line'
  | 'block'
  | 'star';

/**
 * Splits SQL as MySQL and MariaDB write it into tokens, chunk by chunk. Comments are left out, also those with statements for some versions of the
 * server, because dumps have only settings in them.
 */
export class SqlTokenizer {
  /** Whether words, names and strings are collected. The receiver may change it between tokens. */
  keepsText = true;
  readonly #onToken: OnToken;
  #place: Place = 'between';
  #quote = 0;
  #bytes = Buffer.allocUnsafe(1_024);
  #length = 0;
  #comment = '';

  constructor(onToken: OnToken) {
    this.#onToken = onToken;
  }

  /** The first characters of the last comment to the end of a line. */
  get lastComment(): string {
    return this.#comment;
  }

  /** Whether the text may end here: not in a quoted text or a comment. */
  get mayEnd(): boolean {
    return this.#place === 'between' || this.#place === 'line';
  }

  /** Reads on. @throws {DatasetError} `tooLarge` for a token that is too long */
  push(chunk: Uint8Array): void {
    for (let i = 0; i < chunk.length; i++) this.#read(chunk[i]);
  }

  /** Reads the end of the text. */
  end(): void {
    if (this.#place === 'word' || this.#place === 'quote' || this.#place === 'slash' || this.#place === 'dash')
      this.#read(NEWLINE);
    if (this.#place === 'dashes') this.#place = 'between';
  }

  #read(byte: number): void {
    switch (this.#place) {
      case 'quoted':
        if (byte === this.#quote) this.#place = 'quote';
        else if (byte === BACKSLASH && this.#quote === QUOTE) this.#place = 'escape';
        else this.#keep(byte);
        return;
      case 'word':
        if (IS_WORD[byte] === 1) this.#keep(byte);
        else {
          this.#give('word');
          this.#begin(byte);
        }
        return;
      case 'between':
        this.#begin(byte);
        return;
      case 'quote':
        if (byte === this.#quote) {
          this.#keep(byte);
          this.#place = 'quoted';
        } else {
          this.#give(this.#quote === QUOTE ? 'string' : 'name');
          this.#begin(byte);
        }
        return;
      case 'escape':
        this.#keep(ESCAPES[byte] ?? byte);
        this.#place = 'quoted';
        return;
      default:
        this.#readComment(byte);
    }
  }

  #begin(byte: number): void {
    this.#place = 'between';
    if (byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB) return;
    if (byte === QUOTE || byte === BACKTICK || byte === DOUBLE_QUOTE) {
      this.#quote = byte;
      this.#place = 'quoted';
    } else if (byte === DASH) this.#place = 'dash';
    else if (byte === SLASH) this.#place = 'slash';
    else if (byte === HASH) this.#startLine();
    else if (IS_WORD[byte] === 1) {
      this.#keep(byte);
      this.#place = 'word';
    } else this.#onToken('mark', String.fromCharCode(byte));
  }

  #readComment(byte: number): void {
    switch (this.#place) {
      case 'dash':
        if (byte === DASH) this.#place = 'dashes';
        else this.#afterDashes(1, byte);
        return;
      case 'dashes':
        if (byte === SPACE || byte === TAB || byte === NEWLINE || byte === RETURN) {
          this.#startLine();
          this.#readComment(byte);
        } else this.#afterDashes(2, byte);
        return;
      case 'line':
        if (byte === NEWLINE) this.#place = 'between';
        else if (this.#comment.length < KEPT_COMMENT_BYTES) this.#comment += String.fromCharCode(byte);
        return;
      case 'slash':
        if (byte === STAR) this.#place = 'block';
        else {
          this.#onToken('mark', '/');
          this.#begin(byte);
        }
        return;
      case 'block':
        if (byte === STAR) this.#place = 'star';
        return;
      case 'star':
        if (byte === SLASH) this.#place = 'between';
        else if (byte !== STAR) this.#place = 'block';
        return;
    }
  }

  /** Dashes that begin no comment begin a word, such as a negative number. */
  #afterDashes(dashes: number, byte: number): void {
    for (let i = 0; i < dashes; i++) this.#keep(DASH);
    this.#place = 'word';
    this.#read(byte);
  }

  #startLine(): void {
    this.#place = 'line';
    this.#comment = '';
  }

  #keep(byte: number): void {
    if (!this.keepsText) return;
    if (this.#length === this.#bytes.length) {
      if (this.#length >= MOST_TOKEN_BYTES) throw tooLarge(MOST_TOKEN_BYTES, 'valueBytes');
      this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(this.#length)]);
    }
    this.#bytes[this.#length++] = byte;
  }

  #give(type: SqlToken): void {
    const text = this.#length === 0 ? '' : this.#bytes.toString('utf8', 0, this.#length);
    this.#length = 0;
    this.#onToken(type, text);
  }
}
