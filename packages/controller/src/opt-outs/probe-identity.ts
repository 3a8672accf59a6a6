/** Who sends the probes. */
export interface ProbeIdentity {
  /** URI of the people to contact, which every ping carries; `undefined` when the operator has not set one. */
  readonly contact: string | undefined;
  /** Name of the organisation that operates the system; `undefined` when the operator has not set one. */
  readonly operator: string | undefined;
}
