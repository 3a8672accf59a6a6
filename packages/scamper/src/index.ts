export * from './errors.ts';
export { encodeWarts, WartsDecoder, type WartsOther, type WartsRecord, type WritableRecord } from './warts/file.ts';
export { WartsToJson } from './warts/json.ts';
export type { WartsPing, WartsPingReply } from './warts/ping.ts';
export type { WartsSniff } from './warts/sniff.ts';
export type { WartsHop, WartsTrace } from './warts/trace.ts';
