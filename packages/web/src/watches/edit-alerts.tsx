import type { Watch } from '@revtr/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { useChange } from '../records/use-change.ts';
import { type AlertChoice, AlertFields, WebhookSecret } from './alert-fields.tsx';
import { watchesQuery } from './queries.ts';

/** The form that changes who is told of what, and the button that tests the webhook. */
export function EditAlerts({ watch }: { readonly watch: Watch }) {
  const { id, alerts } = watch;
  const [choice, setChoice] = useState<AlertChoice>({ ...alerts, webhook: alerts.webhook ?? '' });
  const queries = useQueryClient();
  const isSameWebhook = choice.webhook === (alerts.webhook ?? '');
  const save = useChange([watchesQuery.queryKey], () =>
    client.watches.change(id, {
      alerts: {
        on: [...choice.on],
        mail: choice.mail,
        // A webhook that is set gets a new secret.
        ...(!isSameWebhook && { webhook: choice.webhook === '' ? null : choice.webhook }),
      },
    }),
  );
  const test = useMutation({
    mutationFn: () => client.watches.test(id),
    onSettled: () => queries.invalidateQueries({ queryKey: watchesQuery.queryKey }),
  });
  return (
    <details>
      <summary>Change the alerts</summary>
      <form className="narrow" noValidate onSubmit={submitting(() => save.mutate())}>
        <AlertFields value={choice} onChange={setChoice} />
        <button type="submit" disabled={save.isPending}>
          Save
        </button>{' '}
        {alerts.webhook !== null && (
          <button type="button" disabled={test.isPending} onClick={() => test.mutate()}>
            Send a test message
          </button>
        )}
        <Problem error={save.error} />
        <Problem error={test.error} />
        {save.isSuccess && <p role="status">The alerts are saved.</p>}
        <WebhookSecret watch={save.data} />
        {test.data !== undefined && (
          <p role="status">
            {test.data.delivered ? 'The webhook took the message' : 'The webhook did not take the message'}
            {test.data.status !== undefined && ` (status ${test.data.status})`}
            {test.data.error !== undefined && `: ${test.data.error}`}.
          </p>
        )}
      </form>
    </details>
  );
}
