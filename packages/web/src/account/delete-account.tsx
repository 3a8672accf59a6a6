import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../app/client.ts';
import { EmailField } from '../app/email-field.tsx';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';

/** Export and deletion of the account. */
export function DeleteAccount() {
  const [email, setEmail] = useState('');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => client.accounts.delete(email.trim()),
    onSuccess: async () => {
      await navigate('/');
      await queries.resetQueries();
    },
  });
  return (
    <section>
      <h2>Your data</h2>
      <p>
        <a href="/api/v2/account/export" download="account.jsonl">
          Download everything that is stored about you
        </a>{' '}
        as JSON Lines.
      </p>
      <details>
        <summary>Delete this account</summary>
        <form className="narrow" onSubmit={submitting(mutate)}>
          <p>
            This deletes your measurements, batches and keys, and withdraws your sources. It cannot be undone. Download
            your data first.
          </p>
          <EmailField label="Your e-mail address, to confirm" value={email} onChange={setEmail} />
          <button type="submit" className="danger" disabled={isPending}>
            Delete the account for good
          </button>
          <Problem error={error} />
        </form>
      </details>
    </section>
  );
}
