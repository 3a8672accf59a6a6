import type { Watch } from '@revtr/client';
import { CopyButton } from '../app/copy-button.tsx';
import { CHANGE_KINDS, type ChangeKind, KINDS } from './words.ts';

/** Who is told of what, as a form holds it. */
export interface AlertChoice {
  readonly on: readonly ChangeKind[];
  readonly mail: boolean;
  /** Empty for none. */
  readonly webhook: string;
}

/** All kinds, by mail. */
export const FIRST_CHOICE: AlertChoice = { on: CHANGE_KINDS, mail: true, webhook: '' };

/** The fields of a form that say who is told of what. */
export function AlertFields(props: { readonly value: AlertChoice; readonly onChange: (value: AlertChoice) => void }) {
  const { value, onChange } = props;
  const { on, mail, webhook } = value;
  return (
    <>
      <fieldset>
        <legend>Tell me about changes of</legend>
        {CHANGE_KINDS.map((kind) => (
          <label key={kind}>
            <input
              type="checkbox"
              checked={on.includes(kind)}
              onChange={({ target }) =>
                onChange({ ...value, on: target.checked ? [...on, kind] : on.filter((other) => other !== kind) })
              }
            />{' '}
            {KINDS[kind]}
          </label>
        ))}
      </fieldset>
      <label>
        <input type="checkbox" checked={mail} onChange={({ target }) => onChange({ ...value, mail: target.checked })} />{' '}
        Send me mails
      </label>
      <label>
        Webhook, a URL that begins with https:// (optional)
        <input
          type="url"
          maxLength={2_000}
          value={webhook}
          onChange={({ target }) => onChange({ ...value, webhook: target.value })}
        />
      </label>
    </>
  );
}

/** The secret of a new webhook, which no other answer contains. */
export function WebhookSecret({ watch }: { readonly watch: Watch | undefined }) {
  if (watch?.webhookSecret === undefined) return null;
  return (
    <p className="caveat" role="status">
      The secret of the webhook, shown this once: <code className="breakable">{watch.webhookSecret}</code>{' '}
      <CopyButton text={watch.webhookSecret} label="Copy the secret" />
    </p>
  );
}
