import { checked, isNothingYet, libc } from './libc.ts';

const O_RDWR = 2;
const O_NONBLOCK = 0x800;
const O_CLOEXEC = 0x80000;
const TUNSETIFF = 0x400454ca;
const TUNSETLINK = 0x400454cd;
const IFF_TUN_NO_PI = 0x1001;
/** Of the link types over which scamper sends spoofed packets, this one has IPv4 packets without a link header. */
const ARPHRD_SIT = 776;
const MOST_PACKET_BYTES = 65_536;

/**
 * A TUN interface (Linux Documentation/networking/tuntap.rst): this process reads the IPv4 packets that the kernel sends into it.
 * Needs `CAP_NET_ADMIN`.
 */
export class TunDevice {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(MOST_PACKET_BYTES);
  #isClosed = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Creates the interface `name`, at most 15 bytes, in the current network namespace; it is down.
   * @throws {LinuxError} `notPermitted`, `noSuchFile` without /dev/net/tun, `unsupported`, `failed`
   */
  static open(name: string): TunDevice {
    const fd = checked('open /dev/net/tun', libc().open('/dev/net/tun', O_RDWR | O_NONBLOCK | O_CLOEXEC));
    try {
      const request = new Uint8Array(40);
      request.set(new TextEncoder().encode(name).subarray(0, 15));
      new DataView(request.buffer).setUint16(16, IFF_TUN_NO_PI, true);
      checked('ioctl TUNSETIFF', libc().ioctlBuffer(fd, TUNSETIFF, request));
      checked('ioctl TUNSETLINK', libc().ioctlNumber(fd, TUNSETLINK, ARPHRD_SIT));
      return new TunDevice(fd);
    } catch (error) {
      libc().close(fd);
      throw error;
    }
  }

  /**
   * Calls `take` for every waiting packet, at most `most` (default 1,024), and returns their number. The next packet overwrites the
   * bytes. @throws {LinuxError} `failed`
   */
  drain(take: (packet: Uint8Array) => void, most = 1_024): number {
    if (this.#isClosed) return 0;
    for (let count = 0; count < most; count++) {
      const length = libc().read(this.#fd, this.#buffer, MOST_PACKET_BYTES);
      if (length < 0) {
        if (isNothingYet()) return count;
        checked('read', length);
      }
      take(this.#buffer.subarray(0, length));
    }
    return most;
  }

  /** Delivers a packet to the kernel. Returns false when the kernel refuses it or the device is closed. */
  write(packet: Uint8Array): boolean {
    return !this.#isClosed && libc().write(this.#fd, packet, packet.length) === packet.length;
  }

  /** Closes the device, which removes the interface. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    libc().close(this.#fd);
  }
}
