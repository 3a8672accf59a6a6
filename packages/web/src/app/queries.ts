import { ClientError } from '@revtr/client';
import { QueryClient, queryOptions } from '@tanstack/react-query';
import { client } from './client.ts';
import { visibleValue } from './visible-text.ts';

const MOST_RETRIES = 5;

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
const isPassing = (error: unknown): boolean =>
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

/** One measurement. */
export const measurementQuery = (id: number) =>
  queryOptions({ queryKey: ['measurement', id], queryFn: async () => visibleValue(await client.measurement(id)) });
