import { Fragment } from 'react';

/** A host name, which breaks between its labels where the screen is too narrow. */
export function HostName({ name }: { readonly name: string }) {
  const labels = name.split('.');
  return labels.map((label, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: labels have no other identity, and never move
    <Fragment key={i}>
      {label}
      {i < labels.length - 1 && (
        <>
          .<wbr />
        </>
      )}
    </Fragment>
  ));
}
