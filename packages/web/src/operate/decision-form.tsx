import { Fragment, useState } from 'react';
import { Problem } from '../app/problem.tsx';

/** Decides a request, with a note for the mail to the person who made it. */
export function DecisionForm<Choice extends string>(props: {
  /** What the request is about; the buttons name it. */
  readonly subject: string;
  /** Labels of the buttons. */
  readonly choices: readonly { readonly choice: Choice; readonly label: string }[];
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onDecide: (choice: Choice, note: string) => void;
}) {
  const { subject, choices, isPending, error, onDecide } = props;
  const [note, setNote] = useState('');
  return (
    <>
      <label>
        Note for the mail
        <input value={note} maxLength={2_000} onChange={({ target }) => setNote(target.value)} />
      </label>
      {choices.map(({ choice, label }) => (
        <Fragment key={choice}>
          <button type="button" disabled={isPending} onClick={() => onDecide(choice, note)}>
            {label} {subject}
          </button>{' '}
        </Fragment>
      ))}
      <Problem error={error} />
    </>
  );
}
