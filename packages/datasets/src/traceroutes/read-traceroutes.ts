import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { z } from 'zod';
import { decompressed } from '../content/decompress.ts';
import { type Content, limited, type ReadLimits } from '../content/limits.ts';
import { linesOf } from '../content/lines.ts';
import type { PublicTraceroute } from './public-traceroute.ts';
import { ripeAtlasTraceroute } from './ripe-atlas.ts';
import { scamperTraceroute } from './scamper.ts';

export interface ReadTraceroutesOptions {
  /** Which targets are of interest. Traceroutes to others are not read. */
  readonly wants: (target: Ipv4Address) => boolean;
  /** Lines at the beginning that were read before. Default 0. */
  readonly skipLines?: number;
  /** Default: 1 TiB after decompression, 4 Mi characters in a line. */
  readonly limits?: Pick<ReadLimits, 'bytes' | 'lineCharacters'>;
}

/** A line of a file, with the traceroute that it contains if that is wanted. */
export interface TracerouteLine {
  /** Counted from 1. */
  readonly number: number;
  /** `undefined` if the line has no traceroute to a wanted target that has reached it. */
  readonly traceroute: PublicTraceroute | undefined;
}

const REVERSE = z.literal('reverse-traceroute');
const reverseSchema = z.union([z.object({ msm_name: REVERSE }), z.object({ method: REVERSE })]);
const LIMITS = { bytes: 2 ** 40, lineCharacters: 2 ** 22 };
/** The target, as RIPE Atlas (`dst_addr`) and scamper (`dst`) write it. Most lines of a dump go to other targets and need no parser. */
const TARGET = /"dst(?:_addr)?"\s*:\s*"([\d.]{7,15})"/;

/**
 * Reads a file of published traceroutes, one JSON object in each line, plain or compressed with gzip or bzip2: results of RIPE Atlas, such as its
 * daily dumps, or traceroutes of scamper, such as those of M-Lab. Yields every line after `skipLines` that is not empty, in order; a line that
 * is malformed has no traceroute. Memory is bounded by the longest line.
 *
 * @throws {DatasetError} `tooLarge`, `truncated`, `damaged`, or the error of `content`
 */
export async function* readTraceroutes(
  content: Content,
  { wants, skipLines = 0, limits = LIMITS }: ReadTraceroutesOptions,
): AsyncGenerator<TracerouteLine> {
  for await (const { text, number } of linesOf(limited(decompressed(content), limits.bytes), limits, '')) {
    if (number > skipLines) yield { number, traceroute: tracerouteOf(text, wants) };
  }
}

/**
 * Whether a line is a reverse path, which this project exports in the forms of RIPE Atlas and scamper. Its hops are partly inferred or assumed: it
 * is no evidence of a forward path.
 */
const isReverse = (json: unknown): boolean => reverseSchema.safeParse(json).success;

function tracerouteOf(text: string, wants: ReadTraceroutesOptions['wants']): PublicTraceroute | undefined {
  const claimed = tryParseIpv4(TARGET.exec(text)?.[1] ?? '');
  if (claimed === undefined || !wants(claimed)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (isReverse(json)) return undefined;
  const traceroute = ripeAtlasTraceroute(json) ?? scamperTraceroute(json);
  return traceroute !== undefined && wants(traceroute.target) ? traceroute : undefined;
}
