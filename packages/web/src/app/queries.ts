import { ClientError } from '@revtr/client';
import { QueryClient, queryOptions } from '@tanstack/react-query';
import { client } from './client.ts';
import { visibleValue } from './visible-text.ts';

const MOST_RETRIES = 5;
const POLL_MS = 5_000;

/** Answers of the API that the pages share. Only failures of the network and of the server are tried again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < MOST_RETRIES && isPassing(error),
      staleTime: 10_000,
      refetchOnWindowFocus: false,
    },
  },
});

/** Whether the same request may succeed a moment later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ClientError && (error.code === 'unreachable' || error.code === 'failed');

/** The account of the session; `null` without one. */
export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: () =>
    client.accounts.account().then(visibleValue, (error: unknown) => {
      if (error instanceof ClientError && error.code === 'unauthorized') return null;
      throw error;
    }),
});

/** The sources that can be measured to. */
export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: async () => visibleValue(await client.sources()),
});

/** One measurement. It is read again until it has ended, because a connection that carries its events may be dead without an error. */
export const measurementQuery = (id: number) =>
  queryOptions({
    queryKey: ['measurement', id],
    queryFn: async () => visibleValue(await client.measurement(id)),
    refetchInterval: ({ state: { data } }) => (data === undefined || data.state === 'done' ? false : POLL_MS),
  });

/** The latest batches of the account. */
export const batchesQuery = queryOptions({ queryKey: ['batches'], queryFn: () => client.batches() });

/** The agents of the account; an operator has all. */
export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: async () => visibleValue(await client.fleet.agents()),
});

/** An agent of the account with its tests. */
export const agentQuery = (address: string) =>
  queryOptions({
    queryKey: ['agent', address],
    queryFn: async () => visibleValue(await client.fleet.agent(address)),
  });

/** The atlas of a source of the account. */
export const atlasQuery = (source: string) =>
  queryOptions({ queryKey: ['atlas', source], queryFn: () => client.fleet.atlas(source) });

/** The API keys of the account. */
export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: async () => visibleValue(await client.accounts.keys()),
});

/** How much of the account's limits is used. */
export const usageQuery = queryOptions({
  queryKey: ['usage'],
  queryFn: () => client.accounts.usage(),
});

/** The browser sessions of the account. */
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async () => visibleValue(await client.accounts.sessions()),
});

/** The applications of the account to host sources; an operator has all. */
export const applicationsQuery = queryOptions({
  queryKey: ['applications'],
  queryFn: async () => visibleValue(await client.fleet.applications()),
});

/** Whether anybody may register. */
export const registrationQuery = queryOptions({
  queryKey: ['registration'],
  queryFn: () => client.accounts.isRegistrationOpen(),
  staleTime: 300_000,
});
