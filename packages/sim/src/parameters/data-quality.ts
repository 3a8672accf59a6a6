/** The quality of the published datasets: shares from 0 to 1. */
export interface DataQuality {
  /** Announced prefixes that the IP-to-AS data lacks, and those with a wrong origin. */
  readonly missingPrefixes: number;
  readonly wrongPrefixes: number;
  /** Routers whose aliases are known, and addresses assigned to a wrong router. */
  readonly knownAliases: number;
  readonly wrongAliases: number;
  /** Exchange addresses that are missing, and those assigned to a wrong network. */
  readonly missingExchangeAddresses: number;
  readonly wrongExchangeAddresses: number;
  /** Relations between networks that are missing. */
  readonly missingRelations: number;
  /**
   * Relations of a provider and a customer that are inferred as peering, and of peers that are inferred as a provider and a customer. Wrong
   * inferences are 0.4 % and 1.3 % where they could be validated (Luckie et al., IMC 2013), but those are the easier ones (Jin et al., NSDI 2019); in a
   * survey of operators they were 3.5 % and 17.2 % (Dimitropoulos et al., CCR 2007).
   */
  readonly wrongTransitRelations: number;
  readonly wrongPeerings: number;
  /** Networks without a name. */
  readonly missingNames: number;
}
