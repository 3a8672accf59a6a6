import type { Account, Application } from '@revtr/client';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { applicationsQuery } from '../app/queries.ts';
import { submitting } from '../app/submitting.ts';
import { destinationFault } from '../measure/destination-fault.ts';
import { useChange } from '../records/use-change.ts';

const EMPTY = { address: '', hosting: '', reason: '', name: '', email: '' };
type Fields = typeof EMPTY;

/** Applies to host a source. A visitor without an account also gives a name and an e-mail address. */
export function ApplyForm({ account }: { readonly account: Account | null }) {
  const [fields, setFields] = useState(EMPTY);
  const [fault, setFault] = useState<string>();
  const { mutate, data, error, isPending } = useChange([applicationsQuery.queryKey], async () => {
    const { name, email, ...rest } = fields;
    const { state } = await client.fleet.apply({
      ...rest,
      address: rest.address.trim(),
      ...(account === null && { name: name.trim(), email: email.trim() }),
    });
    return { state, email: email.trim() };
  });
  const field = (name: keyof Fields) => ({
    required: true,
    value: fields[name],
    onChange: ({ target }: { readonly target: { readonly value: string } }) =>
      setFields({ ...fields, [name]: target.value }),
  });
  if (data !== undefined) return <Sent state={data.state} email={data.email} />;
  return (
    <form
      className="narrow"
      onSubmit={submitting(() => {
        const found = destinationFault(fields.address);
        setFault(found);
        if (found === undefined) mutate();
      })}
    >
      <label>
        Public IPv4 address of the machine
        <input className="mono" maxLength={60} aria-invalid={fault !== undefined} {...field('address')} />
      </label>
      {fault !== undefined && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      <label>
        Where it is hosted: network, provider, city
        <input maxLength={500} {...field('hosting')} />
      </label>
      <label>
        What you want to measure
        <textarea rows={3} maxLength={2_000} {...field('reason')} />
      </label>
      {account === null && (
        <>
          <label>
            Your name
            <input maxLength={200} autoComplete="name" {...field('name')} />
          </label>
          <label>
            Your e-mail address
            <input type="email" maxLength={254} autoComplete="email" {...field('email')} />
          </label>
        </>
      )}
      <button type="submit" disabled={isPending}>
        Apply
      </button>
      <Problem error={error} />
    </form>
  );
}

function Sent({ state, email }: { readonly state: Application['state']; readonly email: string }) {
  return (
    <p role="status">
      {state === 'unverified' ? (
        <>
          A mail is on its way to <strong>{email}</strong>. Open the link in it to confirm the application; it works
          once, for 72 hours. Then an operator decides, and you receive another mail with a link to your API key. Log in
          with it and come back to this page, which then shows every step.
        </>
      ) : (
        'Your application is sent. An operator decides about it; the list below shows every step.'
      )}
    </p>
  );
}
