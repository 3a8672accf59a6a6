import { ClientError } from '@revtr/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { client } from '../app/client.ts';
import { EmailField } from '../app/email-field.tsx';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';

/** Begins a session of the browser, with an API key or with a mailed link. */
export function LogInPage() {
  return (
    <>
      <title>Log in · Reverse Traceroute</title>
      <h1>Log in</h1>
      <div className="columns">
        <KeyForm />
        <MailForm />
      </div>
      <p>
        You have no account? <Link to="/register">Register</Link>
      </p>
    </>
  );
}

function KeyForm() {
  const [key, setKey] = useState('');
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => client.accounts.logIn(key.trim()),
    onSuccess: async () => {
      await navigate(ownPath(search.get('next')));
      await queries.resetQueries();
    },
  });
  return (
    <form onSubmit={submitting(mutate)}>
      <h2>With an API key</h2>
      <label>
        API key
        <input
          type="password"
          autoComplete="current-password"
          required
          maxLength={256}
          value={key}
          onChange={({ target }) => setKey(target.value)}
        />
      </label>
      <button type="submit" disabled={isPending}>
        Log in
      </button>
      {isUnauthorized(error) ? (
        <p className="problem" role="alert">
          This key is unknown, revoked or expired.
        </p>
      ) : (
        <Problem error={error} />
      )}
    </form>
  );
}

const isUnauthorized = (error: unknown): boolean => error instanceof ClientError && error.code === 'unauthorized';

function MailForm() {
  const [email, setEmail] = useState('');
  const { mutate, error, isPending, isSuccess } = useMutation({
    mutationFn: () => client.accounts.mailLogInLink(email.trim()),
  });
  return (
    <form onSubmit={submitting(mutate)}>
      <h2>With your e-mail address</h2>
      <EmailField label="E-mail address" autoComplete="email" value={email} onChange={setEmail} />
      <button type="submit" disabled={isPending}>
        Mail me a link
      </button>
      <p className="hint">
        The link works once, for 15 minutes. Operators who want to operate the system log in with a key.
      </p>
      {isSuccess && <p role="status">If there is an account with this address, the link is on its way.</p>}
      <Problem error={error} />
    </form>
  );
}

/** A path of this server, never of another one. */
function ownPath(next: string | null): string {
  const isOwn =
    next !== null &&
    URL.canParse(next, window.location.origin) &&
    new URL(next, window.location.origin).origin === window.location.origin;
  return isOwn && next.startsWith('/') ? next : '/';
}
