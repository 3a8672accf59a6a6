import {
  destinationOf,
  headerLengthOf,
  ICMP,
  type Ipv4Address,
  internetChecksum,
  refreshHeaderChecksum,
  sourceOf,
  totalLengthOf,
  writeIpv4,
  writeWord,
} from '@revtr/net';
import { SelfStamp } from '../topology/topology.ts';
import { hasOptions, stamp } from './options.ts';

/** Who answers, and how. */
export interface Answerer {
  /** The address that it stamps. */
  readonly address: Ipv4Address;
  readonly isOwn: (asked: Ipv4Address) => boolean;
  /** How it stamps itself: a value of {@link SelfStamp}. */
  readonly selfStamp: number;
  /** The TTL with which its reply starts. */
  readonly ttl: number;
  readonly atMs: number;
}

/** Turns an echo request into its reply in place: addresses swapped, options kept and stamped, checksums right. */
export function answerEcho(packet: Uint8Array, answerer: Answerer): void {
  const source = sourceOf(packet, 0);
  const destination = destinationOf(packet, 0);
  writeIpv4(packet, 12, destination);
  writeIpv4(packet, 16, source);
  packet[8] = answerer.ttl;
  const icmp = headerLengthOf(packet, 0);
  packet[icmp] = ICMP.echoReply;
  writeWord(packet, icmp + 2, 0);
  writeWord(packet, icmp + 2, internetChecksum(packet, icmp, totalLengthOf(packet, 0)));
  if (hasOptions(packet)) {
    const times = answerer.selfStamp === SelfStamp.alias ? 1 : answerer.selfStamp;
    for (let i = 0; i < times; i++) stamp(packet, answerer.address, answerer.isOwn, answerer.atMs);
  }
  refreshHeaderChecksum(packet, 0);
}
