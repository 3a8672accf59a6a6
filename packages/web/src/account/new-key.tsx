import type { Account } from '@revtr/client';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { keysQuery } from '../app/queries.ts';
import { submitting } from '../app/submitting.ts';
import { useChange } from '../records/use-change.ts';
import { ShownKey } from './shown-key.tsx';

const MEANINGS: Readonly<Record<Account['scopes'][number], string>> = {
  read: 'read: sources, measurements and batches',
  measure: 'measure: submit measurements',
  host: 'host: manage your sources',
  operate: 'operate: operate the system',
};

/** Creates an API key. `scopes` are those of the session, which a new key cannot exceed. */
export function NewKey({ scopes }: { readonly scopes: Account['scopes'] }) {
  const [name, setName] = useState('');
  const [lastDay, setLastDay] = useState('');
  const [chosen, setChosen] = useState<Account['scopes']>(scopes.filter((scope) => scope !== 'operate'));
  const create = useChange([keysQuery.queryKey], () =>
    client.accounts.createKey({
      name: name.trim(),
      scopes: chosen,
      ...(lastDay !== '' && { expiresAt: `${lastDay}T23:59:59Z` }),
    }),
  );
  return (
    <form className="narrow" onSubmit={submitting(() => create.mutate(undefined, { onSuccess: () => setName('') }))}>
      <h3>New key</h3>
      <label>
        Name, to tell your keys apart
        <input required maxLength={100} value={name} onChange={({ target }) => setName(target.value)} />
      </label>
      <label>
        Last day on which it works (UTC); empty for a key that does not expire
        <input type="date" value={lastDay} onChange={({ target }) => setLastDay(target.value)} />
      </label>
      <fieldset>
        <legend>Scopes</legend>
        {scopes.map((scope) => (
          <label key={scope}>
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              onChange={({ target }) =>
                setChosen(target.checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
              }
            />{' '}
            {MEANINGS[scope]}
          </label>
        ))}
      </fieldset>
      <button type="submit" disabled={create.isPending || chosen.length === 0}>
        Create
      </button>
      <Problem error={create.error} />
      {create.data !== undefined && <ShownKey apiKey={create.data.key} />}
    </form>
  );
}
