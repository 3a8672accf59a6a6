export * from './errors.ts';
export * from './network-namespace.ts';
export * from './packet-socket.ts';
export * from './poll-loop.ts';
export * from './tun-device.ts';
