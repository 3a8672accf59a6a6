import { readFileSync } from 'node:fs';
import type { DescEnum, DescField, DescFile, DescMessage } from '@bufbuild/protobuf';
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type } from '@bufbuild/protobuf/wkt';
import { expect, it } from 'vitest';
import { file_plcontroller } from '../../src/grpc/generated/plcontroller_pb.ts';
import { file_recspoof } from '../../src/grpc/generated/recspoof_pb.ts';
import { file_revtr } from '../../src/grpc/generated/revtr_pb.ts';

/**
 * Methods, field numbers, names and types that clients and agents of the original have compiled in, read from the descriptors in
 * `revtr/pb/revtr.pb.go` of NEU-SNS/revtr-sidecar (57f0380), and `plcontroller/pb` and `datamodel` of NEU-SNS/revtrvp (8ad5591).
 */
const CONTRACT = readFileSync(new URL('original-contract.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

const fieldOf = ({ proto: { number, name, label, type, typeName } }: DescField): string => {
  const isRepeated = label === FieldDescriptorProto_Label.REPEATED;
  const shown = typeName === '' ? FieldDescriptorProto_Type[type].toLowerCase() : typeName.slice(1);
  return `${number} ${name} ${isRepeated ? 'repeated ' : ''}${shown}`;
};
const withNested = (message: DescMessage): DescMessage[] => [message, ...message.nestedMessages.flatMap(withNested)];
/** Entries of maps are no messages to protobuf-es. */
const entriesOf = ({ proto, typeName }: DescMessage): string[] =>
  proto.nestedType.map(({ name, field }) => {
    const types = field.map(({ type, typeName: value }) =>
      value === '' ? FieldDescriptorProto_Type[type].toLowerCase() : value.slice(1),
    );
    return `${typeName}.${name}: 1 key ${types[0]}, 2 value ${types[1]}`;
  });
const messageLines = (message: DescMessage): string[] => [
  `${message.typeName}: ${message.fields.map(fieldOf).join(', ')}`.trimEnd(),
  ...entriesOf(message),
];
const enumLine = ({ typeName, values }: DescEnum): string =>
  `${typeName}: ${values.map(({ number, name }) => `${number} ${name}`).join(', ')}`;
const linesOf = ({ services, messages, enums }: DescFile): string[] => [
  ...services.flatMap(({ typeName, methods }) =>
    methods.map(({ name, methodKind, input, output }) => {
      expect(methodKind).toBe('unary');
      return `${typeName}/${name}: ${input.typeName} -> ${output.typeName}`;
    }),
  ),
  ...messages.flatMap(withNested).flatMap(messageLines),
  ...enums.map(enumLine),
];

it('our proto files have the methods, field numbers, names and types of the original', () => {
  expect([file_revtr, file_plcontroller, file_recspoof].flatMap(linesOf).toSorted()).toEqual(CONTRACT.toSorted());
});
