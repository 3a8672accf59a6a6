import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { DeleteAccount } from '../account/delete-account.tsx';
import { Keys } from '../account/keys.tsx';
import { Limits } from '../account/limits.tsx';
import { Sessions } from '../account/sessions.tsx';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { accountQuery } from '../app/queries.ts';

/** The account of the session: its limits, keys and sessions, export and deletion, and logging out. */
export function AccountPage() {
  const { data: account, error } = useQuery(accountQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const logOut = useMutation({
    mutationFn: () => client.accounts.logOut(),
    onSuccess: async () => {
      await navigate('/');
      await queries.resetQueries();
    },
  });
  return (
    <>
      <title>Account · Reverse Traceroute</title>
      <h1>Account</h1>
      <Problem error={error} />
      {account === null && (
        <p>
          You are not logged in. <Link to="/log-in?next=/account">Log in</Link>
        </p>
      )}
      {account !== null && account !== undefined && (
        <>
          <dl>
            <dt>Name</dt>
            <dd>{account.name}</dd>
            <dt>E-mail address</dt>
            <dd>{account.email}</dd>
            <dt>Role</dt>
            <dd>{account.role}</dd>
            <dt>This session permits</dt>
            <dd>{account.scopes.join(', ')}</dd>
          </dl>
          <p>
            <button type="button" onClick={() => logOut.mutate()} disabled={logOut.isPending}>
              Log out
            </button>
          </p>
          <Problem error={logOut.error} />
          <Limits />
          <Keys scopes={account.scopes} />
          <Sessions />
          <DeleteAccount />
        </>
      )}
    </>
  );
}
