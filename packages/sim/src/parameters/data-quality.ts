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
  /** Networks without a name. */
  readonly missingNames: number;
}
