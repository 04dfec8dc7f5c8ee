/**
 * A DNS message in, a DNS message out: the cluster's zone from the view, everything else through the forwarder port.
 * EDNS sizes are honoured, larger UDP answers are truncated, loops among forwarders are refused.
 */
import { decodeDns, type DnsMessage, encodeDns } from '#wire/dns/message.ts';
import { type Answer, answerQuestion, type View } from '#dns/answer.ts';

/** Asks the upstream servers of the machine. Rejects when none answers. */
export type Forwarder = (message: Uint8Array, transport: 'udp' | 'tcp') => Promise<Uint8Array>;

const authoritative = 1 << 10;
const truncated = 1 << 9;
const recursionAvailable = 1 << 7;
const recursionDesired = 1 << 8;
const codes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

export interface ResolverOptions {
  /** `cluster.local` */
  readonly zone: string;
  readonly forward: Forwarder | undefined;
}

/** Undefined: nothing to answer (not a query, or garbage without an id). */
export async function resolveMessage(
  view: View,
  options: ResolverOptions,
  message: Uint8Array,
  transport: 'udp' | 'tcp',
): Promise<Uint8Array | undefined> {
  const query = decodeQuery(message);
  if (query === undefined) return message.length >= 12 ? refuse(message, codes.FORMERR) : undefined;
  if (query.type !== 'query') return undefined;
  const question = query.questions?.[0];
  if (question === undefined || query.questions?.length !== 1) return reply(query, codes.FORMERR, undefined, transport);
  if (query.opcode !== 'QUERY') return reply(query, codes.NOTIMP, undefined, transport);
  const answer = answerQuestion(view, options.zone, question.name, question.type);
  if (answer === undefined) return forwarded(query, message, options, transport);
  return reply(query, codes[answer.code], await withTarget(view, options, answer, question.type), transport);
}

function decodeQuery(message: Uint8Array): DnsMessage | undefined {
  try {
    return decodeDns(message);
  } catch {
    return undefined;
  }
}

/** An ExternalName is followed, as resolvers expect: its target's addresses stand behind the CNAME. */
async function withTarget(view: View, options: ResolverOptions, answer: Answer, type: string): Promise<Answer> {
  const alias = answer.answers[0];
  if (alias?.type !== 'CNAME' || type === 'CNAME') return answer;
  const target = String(alias.data);
  const inside = answerQuestion(view, options.zone, target, type);
  if (inside !== undefined) return { ...answer, answers: [...answer.answers, ...inside.answers] };
  if (options.forward === undefined) return answer;
  const query = encodeDns({
    type: 'query',
    id: 1,
    flags: recursionDesired,
    questions: [{ name: target, type: type as 'A' }],
  });
  try {
    const outside = decodeDns(await options.forward(query, 'udp'));
    return { ...answer, answers: [...answer.answers, ...((outside.answers ?? []) as Answer['answers'])] };
  } catch {
    return answer;
  }
}

async function forwarded(
  query: DnsMessage,
  message: Uint8Array,
  options: ResolverOptions,
  transport: 'udp' | 'tcp',
): Promise<Uint8Array> {
  if (options.forward === undefined || ((query.flags ?? 0) & recursionDesired) === 0)
    return reply(query, codes.REFUSED, undefined, transport);
  try {
    return await options.forward(message, transport);
  } catch {
    return reply(query, codes.SERVFAIL, undefined, transport);
  }
}

function reply(query: DnsMessage, code: number, answer: Answer | undefined, transport: 'udp' | 'tcp'): Uint8Array {
  const edns = query.additionals?.find((record) => record.type === 'OPT') as { udpPayloadSize?: number } | undefined;
  const flags =
    (answer === undefined ? 0 : authoritative) | ((query.flags ?? 0) & recursionDesired) | recursionAvailable | code;
  const option =
    edns === undefined
      ? []
      : [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: 1232,
            flags: 0,
            extendedRcode: 0,
            ednsVersion: 0,
            flag_do: false,
            options: [],
          },
        ];
  const packet = {
    type: 'response',
    id: query.id,
    flags,
    questions: query.questions,
    answers: answer?.answers ?? [],
    authorities: answer?.authorities ?? [],
    additionals: [...(answer?.additionals ?? []), ...option],
  } as unknown as DnsMessage;
  const bytes = encodeDns(packet);
  const limit = transport === 'tcp' ? 65535 : Math.min(Math.max(edns?.udpPayloadSize ?? 512, 512), 4096);
  if (bytes.length <= limit) return bytes;
  return encodeDns({
    ...packet,
    flags: flags | truncated,
    answers: [],
    authorities: [],
    additionals: option,
  } as unknown as DnsMessage);
}

/** A message that cannot be read is answered by its own header. */
function refuse(message: Uint8Array, code: number): Uint8Array {
  const header = message.slice(0, 12);
  header[2] = 0x80;
  header[3] = code;
  header.fill(0, 4);
  return header;
}
