import { useSearchParams } from 'react-router';

/** Parameters of the URL: the empty string means that one is absent. */
export interface SearchValues<Name extends string> {
  readonly values: Readonly<Record<Name, string>>;
  /** Sets some parameters. With `replace` (default false) the back button skips the state before. */
  readonly set: (changes: Partial<Record<Name, string>>, replace?: boolean) => void;
}

/** Some parameters of the URL, which are the state of a view. */
export function useSearchValues<Name extends string>(names: readonly Name[]): SearchValues<Name> {
  const [search, setSearch] = useSearchParams();
  const values = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Record<Name, string>;
  const set = (changes: Partial<Record<Name, string>>, replace = false): void => {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries<string | undefined>(changes)) {
      if (value === undefined || value === '') next.delete(name);
      else next.set(name, value);
    }
    setSearch(next, { replace, preventScrollReset: true });
  };
  return { values, set };
}
