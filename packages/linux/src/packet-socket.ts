import { LinuxError } from './errors.ts';
import { addressOf, checked, isNothingYet, libc } from './libc.ts';
import { icmpFilter } from './packet-filter.ts';

/** Which packets a socket receives. */
export interface PacketSocketOptions {
  /** Interface to listen on. Default: all. */
  readonly interface?: string;
  /** ICMP type to receive (RFC 792); a kernel filter drops all other packets. */
  readonly icmpType: number;
  /** `incoming` receives arriving packets; `both` also receives those that this host sends. */
  readonly direction: 'incoming' | 'both';
}

/** Size of the kernel's receive buffer, bytes; without `CAP_NET_ADMIN`, at most `net.core.rmem_max`. */
const RECEIVE_BUFFER_BYTES = 8 * 2 ** 20;
const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_RAW = 3;
const PROTOCOL_ICMP = 1;
const SO_BINDTODEVICE = 25;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const ETH_P_ALL = 0x0003;
const ETH_P_IP = 0x0800;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const PACKET_IGNORE_OUTGOING = 23;
const MOST_PACKET_BYTES = 65_536;

/**
 * A packet socket (packet(7)) for unfragmented ICMP messages of one type. It receives packets before the firewall: stateful rules
 * would drop the replies to spoofed probes, which this host did not request. Packets begin with the IPv4 header, and their content
 * is untrusted. Needs `CAP_NET_RAW`.
 */
export class PacketSocket {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(MOST_PACKET_BYTES);
  #isClosed = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens the socket. @throws {LinuxError} `notPermitted` without the capability, `noSuchInterface`, `unsupported`, `failed` */
  static open(options: PacketSocketOptions): PacketSocket {
    const index = options.interface === undefined ? 0 : interfaceIndex(options.interface);
    // A socket without a protocol receives nothing before the filter is attached.
    const fd = checked('socket', libc().socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    try {
      // The kernel shows outgoing packets only to sockets for all protocols.
      const isMixed = options.direction === 'both';
      attachFilter(fd, icmpFilter(options.icmpType, isMixed));
      enlargeBuffer(fd, RECEIVE_BUFFER_BYTES);
      if (options.direction === 'incoming')
        checked('setsockopt', libc().setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, number32(1), 4));
      checked('bind', libc().bind(fd, linkAddress(index, isMixed ? ETH_P_ALL : ETH_P_IP), 20));
      return new PacketSocket(fd);
    } catch (error) {
      libc().close(fd);
      throw error;
    }
  }

  /**
   * Opens a raw ICMP socket (raw(7)) instead, for systems without packet sockets. It receives only arriving packets that the
   * firewall accepts. @throws {LinuxError} as {@link open}
   */
  static openRaw(options: Omit<PacketSocketOptions, 'direction'>): PacketSocket {
    if (options.interface !== undefined) interfaceIndex(options.interface);
    const fd = checked('socket', libc().socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, PROTOCOL_ICMP));
    try {
      attachFilter(fd, icmpFilter(options.icmpType, false));
      enlargeBuffer(fd, RECEIVE_BUFFER_BYTES);
      const device = new TextEncoder().encode(`${options.interface ?? ''}\0`);
      checked('setsockopt', libc().setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, device.length));
      return new PacketSocket(fd);
    } catch (error) {
      libc().close(fd);
      throw error;
    }
  }

  /**
   * Calls `take` for every waiting packet, at most `most` (default 4,096), and returns their number. The next packet overwrites the
   * bytes; copy what must stay. A closed socket has no packets. @throws {LinuxError} `failed`
   */
  drain(take: (packet: Uint8Array) => void, most = 4_096): number {
    if (this.#isClosed) return 0;
    for (let count = 0; count < most; count++) {
      const length = libc().recv(this.#fd, this.#buffer, MOST_PACKET_BYTES, 0);
      if (length < 0) {
        if (isNothingYet()) return count;
        checked('recv', length);
      }
      take(this.#buffer.subarray(0, length));
    }
    return most;
  }

  /** Returns the packets that the kernel dropped since the last call because its buffer was full; always 0 for a raw socket. */
  dropped(): number {
    if (this.#isClosed) return 0;
    const statistics = new Uint8Array(8);
    const length = new Uint32Array([8]);
    // A raw socket does not count.
    if (libc().getsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, statistics, length) < 0) return 0;
    return new DataView(statistics.buffer).getUint32(4, true);
  }

  /** Closes the socket; further calls do nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    libc().close(this.#fd);
  }
}

function interfaceIndex(name: string): number {
  const index = libc().interfaceIndex(name);
  if (index !== 0) return index;
  throw new LinuxError('noSuchInterface', `there is no interface '${name}'`, { interface: name });
}

function attachFilter(fd: number, program: Uint8Array): void {
  const descriptor = new Uint8Array(16);
  const view = new DataView(descriptor.buffer);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, addressOf(program), true);
  checked('setsockopt', libc().setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, descriptor, descriptor.length));
}

/** Only `CAP_NET_ADMIN` may exceed the system's limit; otherwise the kernel applies the limit. */
function enlargeBuffer(fd: number, bytes: number): void {
  if (libc().setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, number32(bytes), 4) === 0) return;
  checked('setsockopt', libc().setsockopt(fd, SOL_SOCKET, SO_RCVBUF, number32(bytes), 4));
}

/** Linux `struct sockaddr_ll` for a protocol on an interface, 0 for all. */
function linkAddress(index: number, protocol: number): Uint8Array {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, protocol, false);
  view.setInt32(4, index, true);
  return address;
}

function number32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
