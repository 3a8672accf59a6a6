/** One instruction of the classic Berkeley Packet Filter (`struct sock_filter`, Linux Documentation/networking/filter.rst). */
interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly operand: number;
}

const LOAD_BYTE = 0x30;
const LOAD_HALF = 0x28;
const LOAD_BYTE_INDEXED = 0x50;
const LOAD_HEADER_LENGTH = 0xb1;
const JUMP_EQUAL = 0x15;
const JUMP_SET = 0x45;
const RETURN = 0x06;
const WHOLE_PACKET = 0xffff;
const PROTOCOL_ICMP = 1;
const ETH_P_IP = 0x0800;
/** The offset that loads the protocol of the frame (SKF_AD_OFF + SKF_AD_PROTOCOL). */
const PROTOCOL_OF_FRAME = 0xfffff000;

const at = (code: number, operand: number, jumpTrue = 0, jumpFalse = 0): Instruction => ({
  code,
  operand,
  jumpTrue,
  jumpFalse,
});

/**
 * Encodes a filter that accepts unfragmented ICMP messages of one type, in packets that begin with the IPv4 header. With `isMixed`,
 * the socket also receives other network protocols, which the filter drops first.
 */
export function icmpFilter(icmpType: number, isMixed: boolean): Uint8Array {
  const isIpv4 = [at(LOAD_HALF, PROTOCOL_OF_FRAME), at(JUMP_EQUAL, ETH_P_IP, 0, 8)];
  return encode([
    ...(isMixed ? isIpv4 : []),
    at(LOAD_BYTE, 9),
    at(JUMP_EQUAL, PROTOCOL_ICMP, 0, 6),
    at(LOAD_HALF, 6),
    at(JUMP_SET, 0x1fff, 4, 0),
    at(LOAD_HEADER_LENGTH, 0),
    at(LOAD_BYTE_INDEXED, 0),
    at(JUMP_EQUAL, icmpType, 0, 1),
    at(RETURN, WHOLE_PACKET),
    at(RETURN, 0),
  ]);
}

function encode(instructions: readonly Instruction[]): Uint8Array {
  const program = new Uint8Array(instructions.length * 8);
  const view = new DataView(program.buffer);
  instructions.forEach(({ code, jumpTrue, jumpFalse, operand }, i) => {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, jumpTrue);
    view.setUint8(i * 8 + 3, jumpFalse);
    view.setUint32(i * 8 + 4, operand, true);
  });
  return program;
}
