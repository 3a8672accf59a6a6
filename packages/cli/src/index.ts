export { EXIT } from './exit-codes.ts';
export { runCli } from './program.ts';
export { renderMeasurement } from './render/measurement-table.ts';
export type { Terminal } from './terminal.ts';
