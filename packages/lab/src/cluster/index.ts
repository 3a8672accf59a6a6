export { type Checkout, checkOut } from './checkout.ts';
export { type LocalCluster, type LocalClusterOptions, startCluster } from './cluster.ts';
export { type PlannedProcess, SINGLE_PROCESS, separateProcesses } from './process-layout.ts';
export { untilSourcesReady } from './sources-ready.ts';
