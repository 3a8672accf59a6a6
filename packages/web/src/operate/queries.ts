import { queryOptions } from '@tanstack/react-query';
import { client } from '../app/client.ts';
import { visibleValue } from '../app/visible-text.ts';

const POLL_MS = 10_000;

/** Answers that only operators get, with the text of other people made visible. */
const operatorQuery = <Answer>(name: string, ask: () => Promise<Answer>) =>
  queryOptions({
    queryKey: [name],
    queryFn: async () => visibleValue(await ask()),
    refetchInterval: POLL_MS,
  });

export const killSwitchesQuery = operatorQuery('kill-switches', () => client.fleet.killSwitches());
export const usersQuery = operatorQuery('users', () => client.accounts.users());
export const queueQuery = operatorQuery('queue', () => client.fleet.queue());
export const budgetsQuery = operatorQuery('budgets', () => client.fleet.budgets());
export const circuitsQuery = operatorQuery('circuits', () => client.fleet.circuits());
export const optOutRequestsQuery = operatorQuery('opt-out-requests', () => client.fleet.optOutRequests());
export const optOutsQuery = operatorQuery('opt-outs', () => client.fleet.optOuts());
export const abuseContactsQuery = operatorQuery('abuse-contacts', () => client.fleet.abuseContacts());
export const mailsQuery = operatorQuery('mails', () => client.fleet.mails());
export const datasetsQuery = operatorQuery('datasets', () => client.fleet.datasets());
