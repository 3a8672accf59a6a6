import { useState } from 'react';

/** A button for what cannot be undone easily: it acts when it is pressed a second time. */
export function ConfirmButton(props: {
  /** What the button does, for instance `Revoke`. */
  readonly label: string;
  /** What it does it to, for screen readers. */
  readonly subject: string;
  readonly isBusy?: boolean;
  readonly onConfirm: () => void;
}) {
  const { label, subject, isBusy = false, onConfirm } = props;
  const [isSure, setSure] = useState(false);
  const text = isSure ? `Press again: ${label.toLowerCase()}` : label;
  return (
    <button
      type="button"
      className="quiet"
      aria-label={`${text} ${subject}`}
      disabled={isBusy}
      onBlur={() => setSure(false)}
      onClick={() => {
        setSure(!isSure);
        if (isSure) onConfirm();
      }}
    >
      {text}
    </button>
  );
}
