import type { ConnectionOptions } from '@nats-io/transport-node';

const RECONNECT_MS = 500;

/**
 * Options of the NATS client that pace its attempts to connect again. By itself, the client tries a server again when the wall clock is later than the
 * last attempt, which lasts for as long as the clock was set back.
 */
export function reconnectPace(): Pick<ConnectionOptions, 'reconnectDelayHandler' | 'reconnectToServer'> {
  /** The latest time of an attempt by the wall clock, milliseconds since the Unix epoch. */
  let latest = 0;
  const isSetBack = (): boolean => Date.now() < latest;
  return {
    // With no time at all, every server is due, and the pause is made before the attempt instead.
    reconnectDelayHandler: () => (isSetBack() ? Number.NEGATIVE_INFINITY : RECONNECT_MS),
    reconnectToServer: ([server]) => {
      if (isSetBack()) return { server, delay: RECONNECT_MS };
      latest = Date.now();
      return null;
    },
  };
}
