import {
  buildEchoRequest,
  buildIcmpError,
  checkIcmpPacket,
  headerLengthOf,
  ICMP,
  ICMP_HEADER_LENGTH,
  internetChecksum,
  MIN_HEADER_LENGTH,
  NetError,
  PROTOCOL_ICMP,
  parseIcmpPacket,
  totalLengthOf,
  writeIpv4Header,
  writeWord,
} from '@revtr/net';
import { ensure, type Target } from '../target.ts';

const SOURCE = 0xc0000201;
const DESTINATION = 0xc6336401;
const isNetError = (error: unknown): boolean => error instanceof NetError;
const MOST_OPTION_BYTES = 40;

const echo = (option?: Parameters<typeof buildEchoRequest>[0]['option']): Uint8Array =>
  buildEchoRequest({
    source: SOURCE,
    destination: DESTINATION,
    ttl: 64,
    identifier: 7,
    sequence: 9,
    payload: new Uint8Array(8),
    ...(option !== undefined && { option }),
  });

const packets: readonly Uint8Array[] = [
  echo(),
  echo({ type: 'recordRoute', slots: 9 }),
  echo({ type: 'timestamp', form: 'timestampOnly', slots: 9 }),
  echo({ type: 'timestamp', form: 'withAddress', slots: 4 }),
  echo({ type: 'timestamp', form: 'prespecified', slots: [SOURCE, DESTINATION] }),
];
const label = { label: 16_000, trafficClass: 0, bottomOfStack: true, ttl: 1 };
const errors = packets.flatMap((packet) =>
  [[], [label], [{ ...label, bottomOfStack: false }, label]].map((labels) =>
    buildIcmpError(packet, 0, {
      source: DESTINATION,
      destination: SOURCE,
      ttl: 60,
      type: ICMP.timeExceeded,
      code: 0,
      labels,
    }),
  ),
);

/** The check that allocates nothing and the parser must agree. */
function parse(bytes: Uint8Array): void {
  const fault = checkIcmpPacket(bytes, 0, bytes.length);
  try {
    const packet = parseIcmpPacket(bytes);
    ensure(fault === undefined, `parsed although the check says ${fault}`);
    ensure((packet.recordRoute?.length ?? 0) <= 9, 'more addresses than Record Route has room for');
    ensure((packet.timestamps?.length ?? 0) <= 9, 'more entries than Timestamp has room for');
    ensure(packet.payload.length <= bytes.length, 'more payload than bytes');
  } catch (error) {
    if (error instanceof NetError) ensure(error.code === fault, `the parser says ${error.code}, the check ${fault}`);
    throw error;
  }
}

/** Sets the checksums of a packet whose lengths allow it, so that changed packets get past them. */
function repaired(input: Uint8Array): Uint8Array {
  const bytes = input.slice();
  if (bytes.length < MIN_HEADER_LENGTH) return bytes;
  const icmp = headerLengthOf(bytes, 0);
  const end = totalLengthOf(bytes, 0);
  if (icmp > bytes.length) return bytes;
  writeWord(bytes, 10, 0);
  writeWord(bytes, 10, internetChecksum(bytes, 0, icmp));
  if (end > bytes.length || icmp + 4 > end) return bytes;
  writeWord(bytes, icmp + 2, 0);
  writeWord(bytes, icmp + 2, internetChecksum(bytes, icmp, end));
  return bytes;
}

/** Whole packets: as they come, and with their checksums put right. */
export const icmpPacket = (): Target => ({
  form: 'bytes',
  maxBytes: 600,
  seeds: [...packets, ...errors],
  isExpected: isNetError,
  run: (input) => {
    try {
      parse(input);
    } catch (error) {
      if (!isNetError(error)) throw error;
    }
    parse(repaired(input));
  },
});

/** The input is the options of an echo reply. */
export const ipOptions = (): Target => ({
  form: 'bytes',
  maxBytes: MOST_OPTION_BYTES,
  seeds: packets.map((packet) => packet.slice(MIN_HEADER_LENGTH, headerLengthOf(packet, 0))),
  isExpected: isNetError,
  run: (input) => {
    const options = input.subarray(0, MOST_OPTION_BYTES);
    const headerLength = MIN_HEADER_LENGTH + ((options.length + 3) & ~3);
    const packet = new Uint8Array(headerLength + ICMP_HEADER_LENGTH);
    packet.set(options, MIN_HEADER_LENGTH);
    writeIpv4Header(packet, 0, headerLength, packet.length, {
      source: SOURCE,
      destination: DESTINATION,
      protocol: PROTOCOL_ICMP,
      ttl: 64,
    });
    parse(repaired(packet));
  },
});

/** The input is the ICMP error after a good IPv4 header: type, code, quote, extension. */
export const icmpQuote = (): Target => ({
  form: 'bytes',
  maxBytes: 600,
  seeds: errors.map((packet) => packet.slice(MIN_HEADER_LENGTH)),
  isExpected: isNetError,
  run: (input) => {
    const packet = new Uint8Array(MIN_HEADER_LENGTH + input.length);
    packet.set(input, MIN_HEADER_LENGTH);
    writeIpv4Header(packet, 0, MIN_HEADER_LENGTH, packet.length, {
      source: DESTINATION,
      destination: SOURCE,
      protocol: PROTOCOL_ICMP,
      ttl: 64,
    });
    parse(repaired(packet));
  },
});
