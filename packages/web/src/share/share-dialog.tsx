import type { Publication } from '@revtr/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { client } from '../app/client.ts';
import { CopyButton } from '../app/copy-button.tsx';
import { Problem } from '../app/problem.tsx';
import { publicationQuery } from './queries.ts';

/** A button that opens a dialog in which a result is published, and its link and code are copied. */
export function ShareButton({ id }: { readonly id: number }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const heading = useId();
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setOpen(true);
          dialog.current?.showModal();
        }}
      >
        Share
      </button>
      <dialog ref={dialog} className="share" aria-labelledby={heading} onClose={() => setOpen(false)}>
        <header>
          <h2 id={heading}>Share this result</h2>
          <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </header>
        {isOpen && <Sharing id={id} />}
      </dialog>
    </>
  );
}

function Sharing({ id }: { readonly id: number }) {
  const { data, error, refetch } = useQuery(publicationQuery(id));
  const queries = useQueryClient();
  const set = (publication: Publication | null) => queries.setQueryData(publicationQuery(id).queryKey, publication);
  const publish = useMutation({ mutationFn: () => client.publish(id), onSuccess: set });
  const unpublish = useMutation({ mutationFn: () => client.unpublish(id), onSuccess: () => set(null) });
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <p role="status">Loading …</p>;
  return (
    <>
      <p role="status">
        {data === null
          ? 'This result is not published.'
          : 'This result is published: everybody who has the link can see it.'}
      </p>
      <p className="hint">
        Others see the path, the names, the round-trip times, and how far each hop is believed. They do not see your
        account, the label, the batch, the evidence and the forward path.
      </p>
      {data === null ? (
        <button type="button" disabled={publish.isPending} onClick={() => publish.mutate()}>
          Publish
        </button>
      ) : (
        <>
          <Links publication={data} />
          <button type="button" disabled={unpublish.isPending} onClick={() => unpublish.mutate()}>
            Unpublish
          </button>
        </>
      )}
      <Problem error={publish.error ?? unpublish.error} />
    </>
  );
}

function Links({ publication: { url, svg, png, embedCode } }: { readonly publication: Publication }) {
  return (
    <>
      <label>
        Link
        <input className="mono" readOnly value={url} onFocus={({ target }) => target.select()} />
      </label>
      <CopyButton text={url} label="Copy the link" />
      <label>
        Code for another page
        <textarea className="mono" readOnly rows={5} value={embedCode} onFocus={({ target }) => target.select()} />
      </label>
      <CopyButton text={embedCode} label="Copy the code" />
      <p>
        <a href={url} target="_blank" rel="noreferrer">
          Open the page
        </a>{' '}
        ·{' '}
        <a href={svg} target="_blank" rel="noreferrer">
          Picture as SVG
        </a>{' '}
        ·{' '}
        <a href={png} target="_blank" rel="noreferrer">
          as PNG
        </a>
      </p>
    </>
  );
}
