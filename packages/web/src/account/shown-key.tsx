import { CopyButton } from '../app/copy-button.tsx';

/** A new API key, which no other answer of the server contains. */
export function ShownKey({ apiKey }: { readonly apiKey: string }) {
  return (
    <p className="caveat" role="status">
      Your new key, shown this once: <code className="breakable">{apiKey}</code>{' '}
      <CopyButton text={apiKey} label="Copy the key" />
    </p>
  );
}
