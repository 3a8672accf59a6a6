export { type Band, toBands } from './bands.ts';
export { formatAge, formatMs } from './duration.ts';
export { formatProbability, percentOf } from './probability.ts';
export { hiddenNetworkSentence, standInSentence } from './sentences.ts';
export { FAMILIES, type Family, TECHNIQUE_STYLES, type TechniqueStyle } from './technique.ts';
