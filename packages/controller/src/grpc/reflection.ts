import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, type ConnectRouter } from '@connectrpc/connect';
import { ServerReflection as ServerReflectionV1 } from './generated/grpc/reflection/v1/reflection_pb.ts';
import { ServerReflection as ServerReflectionV1Alpha } from './generated/grpc/reflection/v1alpha/reflection_pb.ts';

/** Most questions that a client may ask in one stream. */
const MOST_QUESTIONS = 1_000;

type Question = { readonly case: string | undefined; readonly value?: unknown };

/** Adds server reflection, with which tools such as grpcurl find out the services and messages of a server, in both of its versions. */
export function addReflection(router: ConnectRouter, services: readonly DescService[]): void {
  const described = [...services, ServerReflectionV1, ServerReflectionV1Alpha];
  const files = filesOf(described);
  const answerTo = ({ case: kind, value }: Question) => {
    const text = typeof value === 'string' ? value : '';
    if (kind === 'listServices') {
      const service = described.map(({ typeName: name }) => ({ name }));
      return { case: 'listServicesResponse' as const, value: { service } };
    }
    const file =
      kind === 'fileByFilename'
        ? files.find(({ proto }) => proto.name === text)
        : kind === 'fileContainingSymbol'
          ? files.find((candidate) => contains(candidate, text))
          : undefined;
    if (file === undefined)
      return { case: 'errorResponse' as const, value: { errorCode: Code.NotFound, errorMessage: 'not found' } };
    const fileDescriptorProto = withImports(file).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
    return { case: 'fileDescriptorResponse' as const, value: { fileDescriptorProto } };
  };
  async function* answers<Request extends { readonly host: string; readonly messageRequest: Question }>(
    requests: AsyncIterable<Request>,
  ) {
    let asked = 0;
    for await (const request of requests) {
      if (++asked > MOST_QUESTIONS) return;
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answerTo(request.messageRequest),
      };
    }
  }
  router.service(ServerReflectionV1, { serverReflectionInfo: answers });
  router.service(ServerReflectionV1Alpha, { serverReflectionInfo: answers });
}

/** The files that describe services, and everything that they import. */
function filesOf(services: readonly DescService[]): DescFile[] {
  return [...new Set(services.flatMap(({ file }) => withImports(file)))];
}

const withImports = (file: DescFile): DescFile[] => [
  ...new Set([file, ...file.dependencies.flatMap((dependency) => withImports(dependency))]),
];

/** Whether a file declares a service, a method, a message or an enumeration. */
function contains(file: DescFile, symbol: string): boolean {
  return (
    file.services.some(
      ({ typeName, methods }) => typeName === symbol || methods.some(({ name }) => `${typeName}.${name}` === symbol),
    ) || hasType(file, symbol)
  );
}

function hasType({ messages, enums }: Pick<DescFile, 'messages' | 'enums'>, symbol: string): boolean {
  return (
    enums.some(({ typeName }) => typeName === symbol) ||
    messages.some(
      ({ typeName, nestedMessages, nestedEnums }) =>
        typeName === symbol || hasType({ messages: nestedMessages, enums: nestedEnums }, symbol),
    )
  );
}
