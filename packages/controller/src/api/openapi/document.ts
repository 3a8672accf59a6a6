import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { errorsOf, HEADERS, RESPONSES, SUCCESS_HEADERS } from './common-responses.ts';
import { OPERATION_EXAMPLES, SCHEMA_EXAMPLES } from './examples/index.ts';
import { type Content, documentSchema, type Operation } from './parts.ts';
import { nameOfSchema, withUsedSchemas } from './schemas.ts';
import { TAGS } from './tags.ts';

const JSON_TYPE = 'application/json';

/** What the framework needs to describe the routes. {@link describeApi} completes its description. */
export const SWAGGER_OPTIONS: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Reverse Traceroute',
      version: '1.0.0',
      description:
        'Measures the path from any destination back to a registered source.\n\n' +
        'Send the API key in the header `Revtr-Key`, or as `Authorization: Bearer KEY`. Numbers of batches and measurements identify them ' +
        'permanently. Times are ISO 8601 in UTC, or milliseconds where the name of the field ends in `Ms` or the description says so.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: [...TAGS],
    components: {
      securitySchemes: {
        revtrKey: { type: 'apiKey', in: 'header', name: 'Revtr-Key', description: 'An API key' },
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-revtr-session',
          description: 'The session of a browser. A request that changes something also needs the header `Revtr-Csrf`.',
        },
      },
    },
  },
  transform: (route) => {
    const { schema, url } = jsonSchemaTransform(route);
    const isOptional = route.route.config?.forVisitors === true;
    return { schema: { ...schema, ...(isOptional && { security: [...(schema.security ?? []), {}] }) }, url };
  },
  transformObject: jsonSchemaTransformObject,
};

/**
 * Completes the description that the framework makes of the routes: the address of the server, the answers that many operations give,
 * examples, and names of schemas.
 * @param described the document of the framework
 * @param server address of the server without a slash at its end; `undefined`: the document names it relative to its own address
 */
export function describeApi(described: unknown, server: string | undefined): object {
  const document = documentSchema.parse(described);
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, operations]) => [
      path,
      Object.fromEntries(
        Object.entries(operations).map(([method, operation]) => [method, complete({ path, method }, operation)]),
      ),
    ]),
  );
  const components = { ...document.components, headers: HEADERS, responses: RESPONSES };
  return {
    ...withUsedSchemas({ ...document, paths, components }),
    servers: [{ url: server ?? '/', description: 'This server' }],
  };
}

function complete(
  { path, method }: { readonly path: string; readonly method: string },
  operation: Operation,
): Operation {
  const { operationId = '', summary, security = [], requestBody } = operation;
  const { request, response } = OPERATION_EXAMPLES[operationId] ?? {};
  const headers = SUCCESS_HEADERS[operationId];
  const good = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([status, answer]) => {
      // This is how the framework describes an answer that has no description.
      const isBare = answer.description === 'Default Response';
      const description = isBare ? (method === 'get' && summary) || 'The request succeeded.' : answer.description;
      return [status, { ...withExample(answer, response), description, ...(headers !== undefined && { headers }) }];
    });
  return {
    ...operation,
    security,
    ...(requestBody !== undefined && { requestBody: withExample(requestBody, request) }),
    responses: { ...Object.fromEntries(good), ...errorsOf(path, { security }) },
  };
}

function withExample<T extends { content?: Content | undefined }>(part: T, ofOperation: unknown): T {
  const json = part.content?.[JSON_TYPE];
  const example = ofOperation ?? SCHEMA_EXAMPLES[nameOfSchema(json?.schema) ?? ''];
  if (json === undefined || example === undefined) return part;
  return { ...part, content: { ...part.content, [JSON_TYPE]: { ...json, example } } };
}
