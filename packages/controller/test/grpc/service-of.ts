import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync, type Options } from '@grpc/proto-loader';

/** The client class of a service, of grpc-js, which shares no code with the server. `file` is a proto file below `src/`. */
export function serviceOf(file: string, name: string, options: Options): ServiceClientConstructor {
  const path = fileURLToPath(new URL(`../../src/${file}`, import.meta.url));
  let found: unknown = loadPackageDefinition(loadSync(path, options));
  for (const part of name.split('.')) found = Reflect.get(Object(found), part);
  return found as ServiceClientConstructor;
}
