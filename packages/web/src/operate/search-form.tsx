import { useId, useState } from 'react';
import { useSearchParams } from 'react-router';
import { submitting } from '../app/submitting.ts';

/** A field of a search: its name in the URL, its title, and an example. */
export interface SearchField {
  readonly name: string;
  readonly title: string;
  readonly placeholder?: string;
  /** Choices, in place of free text. */
  readonly choices?: readonly string[];
}

/** A form whose fields go into the URL when it is submitted. Other parameters stay. */
export function SearchForm({ fields }: { readonly fields: readonly SearchField[] }) {
  const [search, setSearch] = useSearchParams();
  const id = useId();
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() => Object.fromEntries(search));
  return (
    <form
      className="filters"
      onSubmit={submitting(() => {
        const next = new URLSearchParams(search);
        for (const { name } of fields) {
          const value = values[name]?.trim() ?? '';
          if (value === '') next.delete(name);
          else next.set(name, value);
        }
        setSearch(next);
      })}
    >
      {fields.map(({ name, title, placeholder, choices }) => {
        const parts = {
          id: `${id}-${name}`,
          value: values[name] ?? '',
          onChange: ({ target }: { readonly target: { readonly value: string } }) =>
            setValues({ ...values, [name]: target.value }),
        };
        return (
          <label key={name} htmlFor={`${id}-${name}`}>
            {title}
            {choices === undefined ? (
              <input className="mono" maxLength={200} placeholder={placeholder} {...parts} />
            ) : (
              <select {...parts}>
                <option value="">all</option>
                {choices.map((choice) => (
                  <option key={choice}>{choice}</option>
                ))}
              </select>
            )}
          </label>
        );
      })}
      <button type="submit">Search</button>
    </form>
  );
}
