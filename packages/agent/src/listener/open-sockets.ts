import { LinuxError, PacketSocket } from '@revtr/linux';
import { ICMP } from '@revtr/net';

/** How replies are captured: `packet` before any firewall, `raw` behind it. */
type ListenerKind = 'packet' | 'raw';

/** The sockets of an agent. */
export interface AgentSockets {
  /** Echo replies that arrive; absent for an agent that only sends. */
  readonly replies: PacketSocket | undefined;
  /** Echo requests that leave; absent where the system cannot show them. */
  readonly requests: PacketSocket | undefined;
  readonly kind: ListenerKind;
}

/** Opens the sockets of an agent. @throws {LinuxError} `notPermitted`, `noSuchInterface` */
export function openSockets(options: {
  readonly interface?: string | undefined;
  readonly senderOnly: boolean;
}): AgentSockets {
  const on = options.interface === undefined ? {} : { interface: options.interface };
  const requests = tryPacket(() => PacketSocket.open({ ...on, icmpType: ICMP.echoRequest, direction: 'both' }));
  if (options.senderOnly) return { replies: undefined, requests, kind: requests === undefined ? 'raw' : 'packet' };
  const packet = tryPacket(() => PacketSocket.open({ ...on, icmpType: ICMP.echoReply, direction: 'incoming' }));
  if (packet !== undefined) return { replies: packet, requests, kind: 'packet' };
  return { replies: PacketSocket.openRaw({ ...on, icmpType: ICMP.echoReply }), requests, kind: 'raw' };
}

/** `undefined` where there are no packet sockets; errors that the operator can fix are thrown. */
function tryPacket(open: () => PacketSocket): PacketSocket | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof LinuxError && error.code !== 'notPermitted' && error.code !== 'noSuchInterface')
      return undefined;
    throw error;
  }
}
