import type { ProfileParameters } from './sim-parameters.ts';

/**
 * What the value of a parameter rests on. `published`: the value is in a publication, or between those of two. `fitted`: it was chosen so that a published figure, which
 * `npm run bench -- realism` compares, comes out. `assumption`: no figure was found.
 */
type Basis = 'published' | 'fitted' | 'assumption';

/** What parameters of profile `published` rest on. */
export interface Provenance {
  readonly parameters: readonly (keyof ProfileParameters)[];
  readonly basis: Basis;
  /** The published figure, or the reason for an assumption. */
  readonly figure: string;
  /** Absent where nothing was found. */
  readonly source?: string;
}

const IMC17 = 'IMC 2017 (Record Route)';
const IMC22 = 'IMC 2022 (revtr 2.0)';
const NSDI10 = 'NSDI 2010 (revtr 1.0)';
const LISTS = 'CAIDA and RIPE Atlas lists, January 2019';

/** The provenance of every parameter of profile `published`, by subject. */
export const PROVENANCE: readonly Provenance[] = [
  {
    parameters: ['accessPrefixAnswersPing', 'otherPrefixAnswersPing'],
    basis: 'published',
    figure: '76 % of the prefixes of access networks and 84 % of the others answer ping',
    source: `${IMC17}, table 1`,
  },
  {
    parameters: ['prefixAnswersOptions', 'hostAnswersOptions', 'stubDropsOptions', 'enterpriseDropsOptions'],
    basis: 'fitted',
    figure: '75 % of the prefixes that answer ping answer Record Route; 76, 68 and 77 % by kind of network',
    source: `${IMC17}, table 1`,
  },
  {
    parameters: ['transitDropsOptions'],
    basis: 'fitted',
    figure: '91 % of the drops are in the first or last network',
    source: 'Fonseca et al. 2005',
  },
  {
    parameters: ['hostAnswersPing', 'routerAnswersPing', 'routerAnswersOptions'],
    basis: 'assumption',
    figure: 'half of the addresses of a responsive prefix; routers answer more often than hosts',
  },
  {
    parameters: ['stampEgress', 'stampIngress', 'stampLoopback', 'stampPrivate', 'stampsByDirection', 'uniformStamps'],
    basis: 'assumption',
    figure: 'most routers stamp the outgoing interface, no shares are published',
    source: 'SIGCOMM 2008 (Discarte), only remembered',
  },
  {
    parameters: ['sharedPrivateStamps', 'sharedPrivatePool'],
    basis: 'assumption',
    figure: 'no share is published; varied',
  },
  {
    parameters: ['transitStampsTwice', 'transitRepeatsStamp', 'destinationStampsTwice'],
    basis: 'assumption',
    figure: 'no shares are published; the first two are varied',
  },
  {
    parameters: ['sometimesStamps'],
    basis: 'published',
    figure: 'in 2 % of the networks routers stamp only sometimes',
    source: `${IMC17}, section 3.5`,
  },
  {
    parameters: ['destinationNeverStamps', 'destinationStampsAlias'],
    basis: 'fitted',
    figure: '4.4 % of the destinations out of reach do not stamp; at least 5.7 % stamp another address',
    source: `${IMC17}, section 3.3`,
  },
  {
    parameters: ['optionsStripped', 'optionsRewritten'],
    basis: 'assumption',
    figure: 'a cloud strips the option; no shares are published',
    source: `${IMC17}, section 3.6`,
  },
  {
    parameters: ['optionsSlowPath', 'optionsSlowPathPerSecond', 'optionsSlowPathLoss'],
    basis: 'fitted',
    figure:
      'options add 7 to 26 % of round-trip time; 8 of 79 vantage points lose a quarter at 100 packets a second; 5 to 8 % of single pings unanswered',
    source: `Rossi and Welzl 2003 and 2004; ${IMC17}, section 4`,
  },
  {
    parameters: ['perFlowBalancing', 'perAddressBalancing'],
    basis: 'fitted',
    figure: 'several paths for 39 % of the pairs of hosts, and for 70 % of the pairs of host and network',
    source: 'Augustin et al., IMC 2007',
  },
  { parameters: ['perPacketBalancing'], basis: 'assumption', figure: 'rare', source: 'Augustin et al., ToN 2011' },
  {
    parameters: ['balancesOptionsByAddress'],
    basis: 'assumption',
    figure: 'reported without a share',
    source: NSDI10,
  },
  {
    parameters: ['silentRouter', 'rateLimitedRouter', 'rateLimitPerSecond'],
    basis: 'assumption',
    figure: 'most routers answer slow probing; no shares are published',
    source: 'Ravaioli et al., ICC 2015, only remembered',
  },
  {
    parameters: ['errorFromEgress', 'errorFromLoopback'],
    basis: 'fitted',
    figure:
      'third-party addresses affect 17 % of the links between networks; most errors come from the incoming interface',
    source: 'Marchetta et al., PAM 2013; Luckie and claffy, PAM 2014',
  },
  {
    parameters: ['routersOfTtl64', 'routersOfTtl128', 'routersOfEchoTtl64'],
    basis: 'assumption',
    figure:
      'errors and echo replies start with TTL 255 and 255, 255 and 64, 64 and 64, or 128 and 128; the shares were not found',
    source: 'Vanaubel et al., IMC 2013',
  },
  {
    parameters: ['hostsOfTtl128', 'hostsOfTtl255'],
    basis: 'assumption',
    figure: 'most hosts that answer pings start with 64',
  },
  {
    parameters: ['hiddenTunnels', 'visibleTunnels'],
    basis: 'fitted',
    figure: 'at least 30 % of paths cross an MPLS tunnel; up to half as many tunnels without labels as with them',
    source: 'Donnet et al., CCR 2012',
  },
  {
    parameters: ['reroutingTunnels'],
    basis: 'assumption',
    figure: '1.3 % of routers have next hops in several networks, some because of tunnels',
    source: 'Flach et al., IMC 2012',
  },
  { parameters: ['natNetworks'], basis: 'assumption', figure: 'no share of such networks is published' },
  {
    parameters: ['carrierGradeNat'],
    basis: 'published',
    figure: '4,100 of about 55,000 networks',
    source: 'Livadariu et al., INFOCOM 2018',
  },
  {
    parameters: ['linkLoss', 'congestedLinks', 'congestedLinkLoss', 'reordering'],
    basis: 'assumption',
    figure: 'about 1 % of pings are lost, only remembered',
  },
  {
    parameters: ['hostDelay'],
    basis: 'published',
    figure: 'the distribution of extra delay of hosts',
    source: 'Padmanabhan et al., IMC 2015',
  },
  { parameters: ['limitsByArrival'], basis: 'published', figure: 'how networks work' },
  {
    parameters: ['transitPrefixesPerRouter'],
    basis: 'fitted',
    figure: 'networks with customers have 63 % of the prefixes that answer Record Route',
    source: LISTS,
  },
  {
    parameters: ['gatewaysAnywhere', 'splitPrefixes', 'announcedPrefixes', 'customerNumberedLinks'],
    basis: 'assumption',
    figure: 'no shares are published',
  },
  {
    parameters: ['spoofingAllowed', 'transitSpoofingAllowed'],
    basis: 'fitted',
    figure: 'at least a quarter of the networks let spoofed packets out; the split by kind of network is an assumption',
    source: 'Luckie et al., CCS 2019',
  },
  {
    parameters: ['anycastPrefixes'],
    basis: 'published',
    figure: '0.11 % of the announced /24s',
    source: 'anycast census, December 2024',
  },
  {
    parameters: [
      'selectiveAnnouncements',
      'perPrefixPolicies',
      'prepending',
      'backupProviders',
      'unequalPreferences',
      'lowestNumbers',
    ],
    basis: 'fitted',
    figure: 'about half of the reverse paths have the networks of the forward path',
    source: `${IMC22}, only remembered`,
  },
  {
    parameters: ['closestExits'],
    basis: 'assumption',
    figure: 'routers prefer the closest exit among equal routes; no share of networks is published',
    source: 'RFC 4271, section 9.1.2.2',
  },
  {
    parameters: [
      'coreRouters',
      'separateBorders',
      'unequalUplinks',
      'asymmetricCosts',
      'parallelLinks',
      'stubParallelLinks',
    ],
    basis: 'fitted',
    figure:
      'the penultimate hop is on the reverse path in 57 % of the cases across networks and 90 % inside; the forward path has 38 to 40 % of the reverse routers',
    source: `${IMC22}, section 4.4; ${NSDI10}, section 5.1`,
  },
  {
    parameters: ['linkFailuresPerDay'],
    basis: 'fitted',
    figure: '26 % of paths change within a day',
    source: `${NSDI10}, section 5.1`,
  },
  {
    parameters: ['linkFailureMinutes'],
    basis: 'assumption',
    figure: 'over 90 % of outages end within 10 minutes, and 84 % of the downtime is in longer ones',
    source: 'Katz-Bassett et al., SIGCOMM 2012',
  },
  {
    parameters: ['peering', 'hubs', 'bordersAtCore', 'meetingPlaces'],
    basis: 'fitted',
    figure: 'hops of forward paths: 8, 11, 13, 15, 17; networks on them: 2, 3, 4, 5 (quantiles)',
    source: 'CAIDA Ark statistics pages',
  },
  {
    parameters: ['regionalProviders', 'regionalPeers', 'globalBackbones', 'backboneCityRouters'],
    basis: 'fitted',
    figure: 'round-trip times of 43, 165 and 275 ms (quantiles 0.1, 0.5 and 0.9)',
    source: 'CAIDA Ark statistics pages',
  },
  {
    parameters: ['coreHosts', 'deepAccess', 'accessDepth', 'deepSources'],
    basis: 'fitted',
    figure:
      'the closest of 141 vantage points is within 4, 6, 8 and 9 hops of 16, 44, 61.5 and 66 % of the destinations',
    source: `${IMC17}, figures 1 and 2`,
  },
  {
    parameters: ['vantagePoints', 'wellConnectedVantagePoints', 'vantagePointNetworks'],
    basis: 'fitted',
    figure:
      'sites of M-Lab in transit networks of large cities; the best 1, 2, 3, 5 and 10 reach 73, 82, 86, 91 and 95 % of what all reach',
    source: `${IMC17}, section 3.3`,
  },
  {
    parameters: ['atlasProbeNetworks', 'atlasConeBias', 'atlasFurtherProbes'],
    basis: 'fitted',
    figure: '5.6 % of the networks have probes, 3.2 to 68 % by customer cone, 2.9 each in the mean',
    source: LISTS,
  },
  {
    parameters: ['knownAliases'],
    basis: 'fitted',
    figure: 'aliases are known for 19 % of the Record Route addresses',
    source: `${IMC17}, section 3.3`,
  },
  {
    parameters: ['wrongTransitRelations', 'wrongPeerings'],
    basis: 'published',
    figure:
      '0.4 and 1.3 % are wrong where inferences could be validated, which are the easier ones (Jin et al., NSDI 2019); 3.5 and 17.2 % in a survey',
    source: 'Luckie et al., IMC 2013; Dimitropoulos et al., CCR 2007',
  },
  {
    parameters: ['missingExchangeAddresses', 'wrongExchangeAddresses'],
    basis: 'published',
    figure: 'lists of exchanges are 92 to 93 % accurate',
    source: 'Nomikos and Dimitropoulos, PAM 2016',
  },
  {
    parameters: ['missingRelations'],
    basis: 'assumption',
    figure: 'BGP tables lack up to 86 % of the adjacencies of surveyed networks, most of them peerings',
    source: 'Dimitropoulos et al., CCR 2007',
  },
  {
    parameters: ['missingPrefixes', 'wrongPrefixes', 'wrongAliases', 'missingNames'],
    basis: 'assumption',
    figure: 'no shares are published',
  },
];
