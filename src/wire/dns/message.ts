/** DNS messages: bytes and values, by dns-packet. */
import { decode, encode, type Packet } from 'dns-packet';

/** A decoded message; `opcode` is 'QUERY' for ordinary questions, `rcode` 'NOERROR', 'NXDOMAIN' … for answers. */
export interface DnsMessage extends Packet {
  readonly opcode?: string;
  readonly rcode?: string;
}

/** Throws on bytes that are no message. */
export function decodeDns(message: Uint8Array): DnsMessage {
  return decode(message as Parameters<typeof decode>[0]) as DnsMessage;
}

export function encodeDns(message: Packet): Uint8Array {
  return encode(message);
}
