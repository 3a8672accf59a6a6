import { PacketSocket, TunDevice } from '@revtr/linux';

const TIMES = 100;
const ECHO_REPLY = 0;

/** Opens, reads and closes packet sockets and TUN devices, and passes them packets that the kernel refuses. */
export async function openAndCloseSockets(): Promise<void> {
  for (let time = 0; time < TIMES; time++) {
    const direction = time % 2 === 0 ? 'both' : 'incoming';
    const socket = PacketSocket.open({ icmpType: ECHO_REPLY, direction });
    socket.drain(() => undefined);
    socket.dropped();
    socket.close();
    PacketSocket.openRaw({ icmpType: ECHO_REPLY }).close();
    // A name of the greatest length, and longer.
    const device = TunDevice.open('x'.repeat(10 + (time % 20)));
    for (const length of [0, 1, 20, 65_536]) device.write(new Uint8Array(length));
    device.drain(() => undefined);
    device.close();
  }
}
