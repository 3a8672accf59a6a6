import { DatasetError, tooLarge } from '../errors.ts';
import { type SqlToken, SqlTokenizer } from './tokens.ts';

/** A row of a table, by column. `null` is NULL; numbers are text as the dump has them. */
export type MysqlRow = Readonly<Record<string, string | null>>;

/** What a reader of dumps wants. */
export interface StatementsOptions {
  /** Whether the rows of a table are of interest. Others are counted only. */
  readonly wants: (table: string, columns: readonly string[]) => boolean;
  /** Receives each row of interest. */
  readonly onRow: (table: string, row: MysqlRow) => void;
}

/** MySQL permits 4,096 columns in a table. */
const MOST_COLUMNS = 4_096;
const MOST_TABLES = 10_000;
/** Words with which a part of CREATE TABLE begins that is no column. */
const NO_COLUMN = new Set([
  'PRIMARY',
  'KEY',
  'UNIQUE',
  'FULLTEXT',
  'SPATIAL',
  'CONSTRAINT',
  'FOREIGN',
  'INDEX',
  'CHECK',
  'PERIOD',
]);

type Statement = 'new' | 'other' | 'create' | 'createTable' | 'columns' | 'insert' | 'insertColumns' | 'values' | 'row';

/** Reads the statements of a dump: which columns the tables have, and their rows. All other statements are passed over. */
export class DumpStatements {
  /** Rows of each table so far, by name. */
  readonly counts = new Map<string, number>();
  readonly tokenizer: SqlTokenizer;
  readonly #options: StatementsOptions;
  readonly #columns = new Map<string, readonly string[]>();
  #statement: Statement = 'new';
  /** Whether statements end with another mark than a semicolon: the body of a procedure has statements too. */
  #isInRoutine = false;
  #table = '';
  #names: string[] = [];
  #depth = 0;
  #isAtStart = false;
  #isWanted = false;
  #values: (string | null)[] = [];

  constructor(options: StatementsOptions) {
    this.#options = options;
    this.tokenizer = new SqlTokenizer((type, text) => this.#read(type, text));
  }

  /** Whether the dump may end here: after a statement. */
  get mayEnd(): boolean {
    return this.#statement === 'new' && !this.#isInRoutine;
  }

  #read(type: SqlToken, text: string): void {
    if (type === 'mark' && text === ';') this.#end();
    else if (this.#statement === 'row') this.#readValue(type, text);
    else if (this.#statement === 'values') {
      if (type === 'mark' && text === '(') this.#beginRow();
      else if (text !== ',') throw this.#damaged();
    } else if (this.#statement === 'columns') this.#readColumn(type, text);
    else if (this.#statement === 'insertColumns') {
      if (type === 'name' || type === 'word') this.#addName(text);
      else if (text === ')') this.#statement = 'insert';
    } else if (this.#statement === 'createTable' || this.#statement === 'insert') this.#readHead(type, text);
    else if (this.#statement === 'create')
      this.#statement = type === 'word' && text.toUpperCase() === 'TABLE' ? 'createTable' : 'other';
    else if (this.#statement === 'new') this.#begin(type === 'word' ? text.toUpperCase() : '');
  }

  #begin(word: string): void {
    this.#table = '';
    this.#names = [];
    if (word === 'DELIMITER') {
      this.#isInRoutine = !this.#isInRoutine;
      this.#statement = 'other';
    } else if (this.#isInRoutine) this.#statement = 'other';
    else if (word === 'CREATE') this.#statement = 'create';
    else if (word === 'INSERT' || word === 'REPLACE') this.#statement = 'insert';
    else this.#statement = 'other';
  }

  /** What stands between the first word of a statement and its first parenthesis, or its values. */
  #readHead(type: SqlToken, text: string): void {
    if (type === 'mark' && text === '(') {
      this.#statement = this.#statement === 'insert' ? 'insertColumns' : 'columns';
      this.#depth = 0;
      this.#isAtStart = true;
    } else if (type === 'word' && text.toUpperCase() === 'VALUES' && this.#statement === 'insert') this.#beginValues();
    else if (type === 'word' || type === 'name') {
      if (this.#names.length === 0) this.#table = text;
    } else if (type === 'string') throw this.#damaged();
  }

  #readColumn(type: SqlToken, text: string): void {
    if (type === 'mark' && text === '(') this.#depth++;
    else if (type === 'mark' && text === ')') {
      if (this.#depth-- === 0) {
        if (this.#columns.size >= MOST_TABLES) throw tooLarge(MOST_TABLES, 'entries');
        this.#columns.set(this.#table, this.#names);
        this.#count(0);
        this.#statement = 'other';
      }
    } else if (this.#isAtStart && (type === 'name' || !NO_COLUMN.has(text.toUpperCase()))) this.#addName(text);
    this.#isAtStart = this.#depth === 0 && type === 'mark' && text === ',';
  }

  #addName(name: string): void {
    if (this.#names.length >= MOST_COLUMNS) throw tooLarge(MOST_COLUMNS, 'entries');
    this.#names.push(name);
  }

  #beginValues(): void {
    if (this.#names.length === 0) this.#names = [...(this.#columns.get(this.#table) ?? [])];
    this.#isWanted = this.#names.length > 0 && this.#options.wants(this.#table, this.#names);
    this.tokenizer.keepsText = this.#isWanted;
    this.#statement = 'values';
  }

  #beginRow(): void {
    this.#values = [];
    this.#statement = 'row';
  }

  #readValue(type: SqlToken, text: string): void {
    if (type === 'mark') {
      if (text === ')') this.#endRow();
      else if (text !== ',') throw this.#damaged();
    } else if (this.#isWanted) {
      // A word such as `_binary` says how the string after it is encoded.
      const isIntroducer = type === 'word' && text.startsWith('_');
      if (!isIntroducer) this.#values.push(type === 'word' && text.toUpperCase() === 'NULL' ? null : text);
      if (this.#values.length > this.#names.length) throw this.#damaged();
    }
  }

  #endRow(): void {
    this.#statement = 'values';
    this.#count(1);
    if (!this.#isWanted) return;
    if (this.#values.length !== this.#names.length) throw this.#damaged();
    const row: Record<string, string | null> = Object.create(null);
    for (const [i, name] of this.#names.entries()) row[name] = this.#values[i];
    this.#options.onRow(this.#table, row);
  }

  #end(): void {
    if (this.#statement === 'row') throw this.#damaged();
    this.tokenizer.keepsText = true;
    this.#statement = 'new';
  }

  #count(rows: number): void {
    const before = this.counts.get(this.#table);
    if (before === undefined && this.counts.size >= MOST_TABLES) throw tooLarge(MOST_TABLES, 'entries');
    this.counts.set(this.#table, (before ?? 0) + rows);
  }

  #damaged(): DatasetError {
    const at = `the statement about table ${JSON.stringify(this.#table)} after ${this.counts.get(this.#table) ?? 0} rows`;
    return new DatasetError('wrongFormat', `${at} is not as mysqldump writes it`, { at });
  }
}
