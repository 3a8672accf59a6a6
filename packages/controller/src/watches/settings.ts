/** Limits of watches. */
export interface WatchSettings {
  /** Most watches of one user. */
  readonly perUser: number;
  /** How long runs, changes, alerts and the measurements of runs are kept, days. */
  readonly historyDays: number;
  /** Whether webhooks may lead to internal addresses and need no TLS, for test networks. */
  readonly allowsInternalWebhooks: boolean;
}

/** By default 20 watches for each user, and a history of 30 days. */
export const DEFAULT_WATCHES: WatchSettings = { perUser: 20, historyDays: 30, allowsInternalWebhooks: false };

/** Shortest and longest time between two runs, seconds. */
export const LEAST_INTERVAL_S = 60;
export const MOST_INTERVAL_S = 86_400;
