import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { client } from '../app/client.ts';
import { EmailField } from '../app/email-field.tsx';
import { Problem } from '../app/problem.tsx';
import { registrationQuery } from '../app/queries.ts';
import { submitting } from '../app/submitting.ts';

/** Asks for an account, where the operators let everybody register. */
export function RegisterPage() {
  const { data: isOpen, error } = useQuery(registrationQuery);
  return (
    <>
      <title>Register · Reverse Traceroute</title>
      <h1>Register</h1>
      <Problem error={error} />
      {isOpen === false && (
        <>
          <p>
            Registration is closed on this system: operators invite users. Ask them for an invitation; you receive a
            mail with a link to your first API key.
          </p>
          <p>
            You can also <Link to="/sources/apply">apply to host a source</Link>, which gives you an account when it is
            approved. If you have an account, <Link to="/log-in">log in</Link>.
          </p>
        </>
      )}
      {isOpen === true && <RegisterForm />}
    </>
  );
}

function RegisterForm() {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: async () => {
      await client.accounts.register({ name: name.trim(), email: email.trim() });
      return email.trim();
    },
  });
  if (data !== undefined)
    return (
      <p role="status">
        A mail is on its way to <strong>{data}</strong>. Open the link in it to create your account and to see your API
        key; it works once, for 24 hours. If nothing arrives, look into the folder for spam.
      </p>
    );
  return (
    <form className="narrow" onSubmit={submitting(mutate)}>
      <p>
        With an account you can submit batches, host sources, and use the API. You prove your e-mail address with a
        mailed link. If you have an account, <Link to="/log-in">log in</Link>.
      </p>
      <label>
        Name
        <input
          required
          maxLength={200}
          autoComplete="name"
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      <EmailField label="E-mail address" autoComplete="email" value={email} onChange={setEmail} />
      <button type="submit" disabled={isPending}>
        Register
      </button>
      <Problem error={error} />
    </form>
  );
}
