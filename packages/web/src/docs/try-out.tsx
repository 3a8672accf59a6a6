import { useState } from 'react';
import { submitting } from '../app/submitting.ts';
import { visibleValue } from '../app/visible-text.ts';
import type { Operation } from './openapi.ts';

const MOST_SHOWN = 20_000;

/** Sends a reading operation with the session of the browser, and shows the answer. */
export function TryOut({ operation: { path, parameters = [] } }: { readonly operation: Operation }) {
  const asked = parameters.filter((parameter) => parameter.in === 'path' || parameter.in === 'query');
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [answer, setAnswer] = useState<string>();
  const send = async (): Promise<void> => {
    const response = await fetch(urlOf(path, asked, values)).catch(() => undefined);
    if (response === undefined) return setAnswer('The server cannot be reached.');
    const text = await response.text();
    setAnswer(`Status ${response.status}\n\n${readable(text).slice(0, MOST_SHOWN)}`);
  };
  return (
    <form className="narrow" onSubmit={submitting(() => void send())}>
      {asked.map(({ name, required }) => (
        <label key={name}>
          <code>{name}</code>
          <input
            required={required ?? false}
            value={values[name] ?? ''}
            onChange={({ target }) => setValues({ ...values, [name]: target.value })}
          />
        </label>
      ))}
      <button type="submit">Try</button>
      {answer !== undefined && <pre className="raw">{answer}</pre>}
    </form>
  );
}

function urlOf(
  path: string,
  parameters: NonNullable<Operation['parameters']>,
  values: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams();
  let url = path;
  for (const { name, in: place } of parameters) {
    const value = values[name] ?? '';
    if (place === 'path') url = url.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== '') query.set(name, value);
  }
  return query.size === 0 ? url : `${url}?${query}`;
}

function readable(text: string): string {
  try {
    return JSON.stringify(visibleValue(JSON.parse(text)), null, 2);
  } catch {
    return visibleValue(text);
  }
}
