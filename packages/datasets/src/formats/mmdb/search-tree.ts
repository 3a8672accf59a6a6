import { DatasetError } from '../../errors.ts';
import { DataSection, damaged } from './data-section.ts';
import type { StepBudget } from './step-budget.ts';
import { wantedFields } from './wanted-fields.ts';

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const SEPARATOR_BYTES = 16;
const METADATA_FIELDS = wantedFields(
  ...['node_count', 'record_size', 'ip_version', 'binary_format_major_version'],
  ...['database_type', 'build_epoch'],
);
const RECORD_SIZES = [24, 28, 32];

/** A prefix with the offset of its record in the data section. */
export interface TreeLeaf {
  readonly address: number;
  readonly length: number;
  readonly offset: number;
}

/** The search tree of an MMDB file for IPv4 addresses, and the data section that it refers to. */
export class SearchTree {
  readonly data: DataSection;
  /** Type of the database and the day on which it was built, for people. */
  readonly title: string;
  readonly #bytes: Buffer;
  readonly #budget: StepBudget;
  readonly #nodes: number;
  readonly #recordBits: number;
  readonly #isIpv6: boolean;

  /** @throws {DatasetError} `truncated`, `wrongFormat`, `damaged` */
  constructor(bytes: Buffer, budget: StepBudget) {
    const marker = bytes.lastIndexOf(MARKER);
    if (marker < 0) throw new DatasetError('truncated', 'the file is not an MMDB file, or ends early', {});
    const metadata = new DataSection(bytes.subarray(marker + MARKER.length), budget).fieldsAt(0, METADATA_FIELDS);
    const [nodes, recordBits] = [metadata.get('node_count'), metadata.get('record_size')];
    if (typeof nodes !== 'number' || typeof recordBits !== 'number' || !RECORD_SIZES.includes(recordBits))
      throw wrongFormat('record_size');
    if (metadata.get('binary_format_major_version') !== 2) throw wrongFormat('binary_format_major_version');
    const dataStart = (nodes * recordBits) / 4 + SEPARATOR_BYTES;
    if (dataStart > marker) throw damaged('the search tree is larger than the file');
    this.data = new DataSection(bytes.subarray(dataStart, marker), budget);
    this.#bytes = bytes;
    this.#budget = budget;
    this.#nodes = nodes;
    this.#recordBits = recordBits;
    this.title = titleOf(metadata);
    this.#isIpv6 = metadata.get('ip_version') === 6;
  }

  /** All IPv4 prefixes that have a record, in ascending order. @throws {DatasetError} `damaged`, `tooLarge` */
  *leaves(): Generator<TreeLeaf> {
    const open = [{ record: this.#ipv4Root(), address: 0, length: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { record, address, length } = next;
      this.#budget.step();
      if (record > this.#nodes) yield { address, length, offset: record - this.#nodes - SEPARATOR_BYTES };
      if (record >= this.#nodes) continue;
      if (length === 32) throw damaged('the search tree is deeper than an address');
      const right = (address | (2 ** (31 - length))) >>> 0;
      open.push({ record: this.#child(record, 1), address: right, length: length + 1 });
      open.push({ record: this.#child(record, 0), address, length: length + 1 });
    }
  }

  /** IPv4 addresses are those of ::/96 in a tree of IPv6 addresses. */
  #ipv4Root(): number {
    let node = 0;
    for (let bit = 0; this.#isIpv6 && bit < 96 && node < this.#nodes; bit++) node = this.#child(node, 0);
    return node;
  }

  #child(node: number, side: 0 | 1): number {
    const start = (node * this.#recordBits) / 4;
    if (this.#recordBits !== 28) {
      const bytes = this.#recordBits / 8;
      return this.#bytes.readUIntBE(start + side * bytes, bytes);
    }
    const middle = this.#bytes[start + 3];
    const high = side === 0 ? middle >> 4 : middle & 0x0f;
    return high * 2 ** 24 + this.#bytes.readUIntBE(start + side * 4, 3);
  }
}

const LONGEST_TITLE = 100;
const MOST_SECONDS = 8.64e12;

function titleOf(metadata: ReadonlyMap<string, string | number>): string {
  const [type, built] = [metadata.get('database_type'), metadata.get('build_epoch')];
  const name = typeof type === 'string' ? type.slice(0, LONGEST_TITLE) : 'MMDB file';
  const isDate = typeof built === 'number' && built <= MOST_SECONDS;
  return isDate ? `${name} of ${new Date(built * 1000).toISOString().slice(0, 10)}` : name;
}

function wrongFormat(at: string): DatasetError<'wrongFormat'> {
  return new DatasetError('wrongFormat', `the MMDB file has an unknown ${at}`, { at });
}
