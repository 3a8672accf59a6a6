export { type AlignedBand, type AlignedRow, align, type ComparedHop, toAlignedBands } from './align.ts';
export { type Band, toBands } from './bands.ts';
export { compareInWords, forwardHops } from './comparison.ts';
export { formatAge, formatMs } from './duration.ts';
export { formatProbability, percentOf } from './probability.ts';
export { hiddenNetworkSentence, reusedSentence, standInSentence } from './sentences.ts';
export { FAMILIES, type Family, TECHNIQUE_STYLES, type TechniqueStyle } from './technique.ts';
