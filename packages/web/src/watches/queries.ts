import { queryOptions } from '@tanstack/react-query';
import { client } from '../app/client.ts';
import { visibleValue } from '../app/visible-text.ts';

const POLL_MS = 5_000;
const SHOWN_RUNS = 240;
const SHOWN_ROWS = 50;

/** The watches of the account. */
export const watchesQuery = queryOptions({
  queryKey: ['watches'],
  queryFn: async () => visibleValue(await client.watches.list()),
  refetchInterval: POLL_MS,
});

/** A watch. */
export const watchQuery = (id: number) =>
  queryOptions({
    queryKey: ['watches', id],
    queryFn: async () => visibleValue(await client.watches.get(id)),
    refetchInterval: POLL_MS,
  });

/** The latest runs of a watch, oldest first. */
export const runsQuery = (id: number) =>
  queryOptions({
    queryKey: ['watches', id, 'runs'],
    queryFn: async () => visibleValue([...(await client.watches.runs(id, { limit: SHOWN_RUNS }))].reverse()),
    refetchInterval: POLL_MS,
  });

/** The latest changes of a watch, newest first. */
export const changesQuery = (id: number) =>
  queryOptions({
    queryKey: ['watches', id, 'changes'],
    queryFn: async () => visibleValue(await client.watches.changes(id, { limit: SHOWN_ROWS })),
    refetchInterval: POLL_MS,
  });

/** The latest alerts of a watch, newest first. */
export const alertsQuery = (id: number) =>
  queryOptions({
    queryKey: ['watches', id, 'alerts'],
    queryFn: async () => visibleValue(await client.watches.alerts(id, { limit: SHOWN_ROWS })),
    refetchInterval: POLL_MS,
  });
