import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inNetworkNamespace, LinuxError, PacketSocket, PollLoop, TunDevice } from '../src/index.ts';

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
const canRun = process.getuid?.() === 0 && spawnSync('ip', ['netns', 'list']).status === 0;

const ip = (...args: string[]): void => void execFileSync('ip', args);

describe.skipIf(!canRun)('packet sockets', () => {
  const [near, far] = [`pn${process.pid}`, `pf${process.pid}`];
  const inNear = (...command: string[]): string => execFileSync('ip', ['netns', 'exec', near, ...command]).toString();
  beforeAll(() => {
    for (const name of [near, far]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    ip('link', 'add', 'veth0', 'netns', near, 'type', 'veth', 'peer', 'name', 'veth0', 'netns', far);
    ip('-n', near, 'addr', 'add', '10.0.0.1/30', 'dev', 'veth0');
    ip('-n', far, 'addr', 'add', '10.0.0.2/30', 'dev', 'veth0');
    for (const name of [near, far]) ip('-n', name, 'link', 'set', 'veth0', 'up');
  });
  afterAll(() => {
    for (const name of [near, far]) ip('netns', 'del', name);
  });

  /** Sources and ICMP types of the packets that a socket has. */
  const read = (socket: PacketSocket): string[] => {
    const seen: string[] = [];
    socket.drain((packet) => seen.push(`${packet.subarray(12, 16).join('.')} type ${packet[(packet[0] & 15) * 4]}`));
    return seen;
  };
  const ping = (...options: string[]): string =>
    inNear('scamper', '-I', `ping -c 2 -i 0.1 ${options.join(' ')} 10.0.0.2`);
  const open = (icmpType: number, direction: 'incoming' | 'both', name = 'veth0'): PacketSocket =>
    inNetworkNamespace(near, () => PacketSocket.open({ interface: name, icmpType, direction }));

  it('receive incoming packets with their options, and outgoing ones on request', () => {
    const sockets = {
      replies: open(ECHO_REPLY, 'incoming'),
      requests: open(ECHO_REQUEST, 'both'),
      arriving: open(ECHO_REQUEST, 'incoming'),
    };
    expect(ping('-R')).toContain('2 packets received');
    expect(read(sockets.replies)).toEqual(['10.0.0.2 type 0', '10.0.0.2 type 0']);
    expect(read(sockets.requests)).toEqual(['10.0.0.1 type 8', '10.0.0.1 type 8']);
    expect(read(sockets.arriving)).toEqual([]);
    for (const socket of Object.values(sockets)) {
      expect(socket.dropped()).toBe(0);
      socket.close();
      expect(read(socket)).toEqual([]);
    }
  });

  it('receive packets that a firewall drops, unlike raw sockets', () => {
    inNear(
      'nft',
      'add table ip t; add chain ip t input { type filter hook input priority 0; }; add rule ip t input ip protocol icmp drop',
    );
    const packet = open(ECHO_REPLY, 'incoming');
    const raw = inNetworkNamespace(near, () => PacketSocket.openRaw({ icmpType: ECHO_REPLY }));
    expect(ping()).toContain('0 packets received');
    expect(read(packet)).toHaveLength(2);
    expect(read(raw)).toEqual([]);
    inNear('nft', 'delete table ip t');
    ping();
    expect(read(raw)).toEqual(['10.0.0.2 type 0', '10.0.0.2 type 0']);
    packet.close();
    raw.close();
  });

  it('survive an interface that goes down and up', () => {
    const socket = open(ECHO_REPLY, 'incoming');
    inNear('ip', 'link', 'set', 'veth0', 'down');
    expect(read(socket)).toEqual([]);
    inNear('ip', 'link', 'set', 'veth0', 'up');
    ping();
    expect(read(socket)).toHaveLength(2);
    socket.close();
  });

  it('refuse interfaces that do not exist', () => {
    for (const name of ['nope0', '../lo', 'far too long a name'])
      expect(() => open(ECHO_REPLY, 'incoming', name)).toThrow(LinuxError);
    expect(() => inNetworkNamespace('no-such-namespace', () => undefined)).toThrow(LinuxError);
  });

  it('are read by a poll loop, like TUN devices, until it is stopped', async () => {
    const device = inNetworkNamespace(near, () => TunDevice.open('tun0'));
    inNear('ip', 'addr', 'add', '10.1.0.1/30', 'dev', 'tun0');
    inNear('ip', 'link', 'set', 'tun0', 'up');
    const targets: string[] = [];
    const source = {
      read: () => device.drain((packet) => targets.push(packet.subarray(16, 20).join('.'))),
      isWanted: () => false,
    };
    const loop = new PollLoop([source]);
    loop.start();
    inNear('scamper', '-I', 'ping -c 1 10.1.0.2');
    await sleep(50);
    loop.stop();
    expect(targets).toContain('10.1.0.2');
    device.close();
    expect(device.write(new Uint8Array(20))).toBe(false);
    expect(inNear('ip', 'link')).not.toContain('tun0');
  });
});
