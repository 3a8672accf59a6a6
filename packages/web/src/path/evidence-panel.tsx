import { formatAge, formatMs, formatProbability } from '@revtr/client/wording';
import { useEffect, useRef } from 'react';
import { CopyButton } from '../app/copy-button.tsx';
import { sentence } from '../app/problem.tsx';
import { ageOf } from './caveats.ts';
import type { PathHop } from './hop.ts';
import { techniqueStyle } from './technique.ts';

/** Why a hop is believed: a panel beside the path, and a sheet from below on a phone. */
export function EvidencePanel(props: {
  readonly hop: PathHop | undefined;
  readonly position: number | undefined;
  readonly startedAt: number | undefined;
  readonly onClose: () => void;
}) {
  const { hop, position, startedAt, onClose } = props;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (position !== undefined) panel.current?.focus({ preventScroll: true });
  }, [position]);
  if (hop === undefined || position === undefined)
    return (
      <aside className="evidence empty">
        <p>Select a hop to see why it is believed.</p>
      </aside>
    );
  return (
    <aside
      ref={panel}
      className="evidence"
      tabIndex={-1}
      aria-label={`Evidence for hop ${position + 1}`}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onClose();
      }}
    >
      <header>
        <h2>
          Hop {position + 1}: <span className="mono">{hop.address}</span>
        </h2>
        <CopyButton text={hop.address} label="Copy the address" />
        <button type="button" className="quiet" onClick={onClose}>
          Close
        </button>
      </header>
      <Facts hop={hop} startedAt={startedAt} />
    </aside>
  );
}

function Facts({ hop, startedAt }: { readonly hop: PathHop; readonly startedAt: number | undefined }) {
  const { label, about, family } = techniqueStyle(hop.technique);
  const { evidence } = hop;
  return (
    <>
      <p className="claim" data-family={family}>
        <span className="technique">{label}</span> {about}
      </p>
      {hop.reason !== undefined && <p>{sentence(hop.reason)}</p>}
      {evidence !== undefined && <Slots evidence={evidence} />}
      <dl>
        <Fact name="Trust" value={`${hop.trust}, ${formatProbability(hop.confidence)} probable`} />
        <Fact name="Name" value={hop.name} />
        <Fact name="Network" value={hop.asn === undefined ? undefined : `AS${hop.asn} ${hop.asName ?? ''}`} />
        <Fact name="Round-trip time" value={hop.rttMs === undefined ? undefined : formatMs(hop.rttMs)} />
        <Fact name="Evidence from" value={evidenceTime(hop, startedAt)} />
        <Fact name="Also seen here" value={hop.alternatives?.join(', ')} />
        <Fact name={hop.alternatives ? 'Why there are several' : 'Why it is in doubt'} value={divergenceOf(hop)} />
        <Fact name="Confirmed by" value={hop.confirmedBy?.join(', ')} />
      </dl>
      {evidence !== undefined && (
        <details>
          <summary>All fields of the evidence</summary>
          <dl>
            {Object.entries(evidence).map(([name, value]) => (
              <Fact key={name} name={name} value={String(value)} />
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string | undefined }) {
  if (value === undefined || value === '') return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function evidenceTime(hop: PathHop, startedAt: number | undefined): string | undefined {
  const { evidence } = hop;
  if (evidence === undefined || startedAt === undefined) return undefined;
  const age = ageOf({ ...hop, evidence }, startedAt);
  if (age === undefined) return undefined;
  return hop.reusedAgeMs === undefined && age === 0 ? 'this measurement' : `${formatAge(age)} before this measurement`;
}

const SLOTS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** The nine slots of the Record Route option (RFC 791, section 3.1), with the one that shows the hop. */
function Slots({ evidence }: { readonly evidence: NonNullable<PathHop['evidence']> }) {
  const slot = evidence.type === 'recordRoute' ? evidence.slot : undefined;
  if (typeof slot !== 'number') return null;
  return (
    <figure>
      <ol className="slots" aria-hidden="true">
        {SLOTS.map((number) => (
          <li key={number} className={number === slot + 1 ? 'here' : number <= slot ? 'before' : 'after'}>
            {number}
          </li>
        ))}
      </ol>
      <figcaption>
        Slot {slot + 1} of the nine slots of the Record Route option. Earlier slots were filled on the way to{' '}
        {String(evidence.target)}, or by routers before this one on the way back.
      </figcaption>
    </figure>
  );
}

function divergenceOf({ divergence }: PathHop): string | undefined {
  if (divergence === 'loadBalancing') return 'The router before balances load.';
  if (divergence === 'notDestinationBased') return 'The router before does not route by destination alone.';
  return undefined;
}
