import type { Mail } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { CopyButton } from '../app/copy-button.tsx';
import { Problem } from '../app/problem.tsx';
import { visibleValue } from '../app/visible-text.ts';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';
import { mailsQuery } from './queries.ts';

/** The latest mails of the system, sent or waiting. Without a mail server, operators forward them by hand. */
export function Mails() {
  const { data, error, refetch } = useQuery(mailsQuery);
  const [onlyWaiting, setOnlyWaiting] = useState(false);
  const shown = data?.filter(({ sentAt }) => !onlyWaiting || sentAt === undefined) ?? [];
  return (
    <>
      <p className="hint">
        The latest 200 mails. Without the setting REVTR_SMTP they wait here, and operators forward them by hand.
      </p>
      <label>
        <input type="checkbox" checked={onlyWaiting} onChange={({ target }) => setOnlyWaiting(target.checked)} /> only
        those that are not sent
      </label>
      <Problem error={error} onRetry={() => void refetch()} />
      {data !== undefined && shown.length === 0 && <p>There is no mail.</p>}
      {shown.map((mail) => (
        <MailEntry key={mail.id} mail={mail} />
      ))}
    </>
  );
}

function MailEntry({ mail }: { readonly mail: Mail }) {
  const { id, recipient, subject, body, createdAt, sentAt, attempts, lastError, hasLink } = mail;
  const forward = useChange(
    [mailsQuery.queryKey],
    async () => visibleValue(await client.accounts.mailWithLink(id)).body,
  );
  const text = forward.data ?? body;
  return (
    <details className="operation">
      <summary>
        <span className="breakable">
          {subject} <span className="hint">to {recipient}</span>
        </span>{' '}
        <span className={sentAt === undefined ? 'fault' : 'hint'}>
          {sentAt === undefined ? 'not sent' : 'sent'} <Time at={sentAt ?? createdAt} />
        </span>
      </summary>
      {lastError !== undefined && (
        <p className="caveat">
          {attempts} attempts; the last one failed: {lastError}
        </p>
      )}
      <pre className="raw">{text}</pre>
      <CopyButton text={text} label={`Copy the mail to ${recipient}`} />{' '}
      {hasLink && (
        <ConfirmButton
          label="Show with a link that works"
          subject={`for ${recipient}`}
          isBusy={forward.isPending}
          onConfirm={() => forward.mutate()}
        />
      )}
      <Problem error={forward.error} />
    </details>
  );
}
