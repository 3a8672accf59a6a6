import { ClientError } from '@revtr/client';
import { queryOptions } from '@tanstack/react-query';
import { client } from '../app/client.ts';
import { visibleValue } from '../app/visible-text.ts';

/** How a measurement is published; `null` when it is not. */
export const publicationQuery = (id: number) =>
  queryOptions({
    queryKey: ['publication', id],
    queryFn: () =>
      client.publication(id).catch((error: unknown) => {
        if (error instanceof ClientError && error.code === 'notFound') return null;
        throw error;
      }),
  });

/** What is public of a published result. */
export const publicResultQuery = (token: string) =>
  queryOptions({
    queryKey: ['public result', token],
    queryFn: async () => visibleValue(await client.publicResult(token)),
  });

/** The latest results of people without an account. */
export const recentResultsQuery = queryOptions({
  queryKey: ['recent results'],
  queryFn: async () => visibleValue(await client.recentResults()),
});
