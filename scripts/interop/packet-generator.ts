import type { IpAddress } from '../../director/base/address.js';
import { literalAddress } from '../../director/base/literal-address.js';
import { Prng } from '../../director/base/prng.js';
import { endpointText } from '../oracle/endpoint.js';
import type { Flow } from './flow.js';
import type { Turn } from './play-flows.js';
import { chance, pick } from './random.js';

/** A director with one service, and what happens to it. */
export interface PacketRun {
  readonly name: string;
  /** The commands that make the service, as ipvsadm takes them from its standard input. */
  readonly rules: readonly string[];
  readonly virtualAddress: IpAddress;
  /** The guest's own address beside the others, with its prefix length. */
  readonly guestAddress: string;
  readonly servers: readonly IpAddress[];
  /** Packets in the order in which they are sent. */
  readonly turns: readonly Turn[];
}

const Methods = ['m', 'g', 'i'] as const;

/** Some more often than others. */
const Protocols = ['tcp', 'tcp', 'udp', 'sctp'] as const;

/** Schedulers that make every run of a service different; what they choose is another verb's question. */
const Schedulers = ['rr', 'wrr', 'lc', 'wlc'] as const;

/** The third byte of the virtual address tells the runs of one guest apart. */
export const MostPacketRuns = 200;

/** Random runs; the same seed makes the same ones. */
export function generatePacketRuns(seed: number, count: number): PacketRun[] {
  const prng = new Prng(seed);
  return Array.from({ length: count }, (_, index) => packetRun(prng.split(), index));
}

function packetRun(prng: Prng, index: number): PacketRun {
  const version6 = chance(prng, 35);
  const method = Methods[index % Methods.length] ?? 'm';
  const protocol = pick(prng, Protocols);
  const network = version6 ? `fd00:${index + 1}::` : `10.${index + 20}.0.`;
  const bracketed = (host: string, port: number): string =>
    endpointText({ address: literalAddress(`${network}${host}`), port });
  const port = 1 + prng.below(60_000);
  const service = `--${protocol}-service ${bracketed('100', port)}`;
  const serverPort = method === 'm' ? 1 + prng.below(60_000) : port;
  const persistence = chance(prng, 25) ? randomPersistence(prng, version6) : '';
  const servers = Array.from({ length: 1 + prng.below(3) }, (_, server) =>
    literalAddress(`${network}${11 + server}`),
  );
  const added = servers.map((address) => {
    const endpoint = endpointText({ address, port: serverPort });
    return `-a ${service} -r ${endpoint} -${method} -w ${1 + prng.below(3)}`;
  });
  const virtualAddress = literalAddress(`${network}100`);
  const answersThrough = method !== 'm' && chance(prng, 30);
  const flows = Array.from({ length: 2 + prng.below(6) }, (_, number): Flow => ({
    protocol,
    client: {
      address: literalAddress(`${network}${150 + prng.below(20)}`),
      port: 1_024 + index * 64 + number,
    },
    virtual: { address: virtualAddress, port },
    isNat: method === 'm',
    answersThrough,
    payload: 'baton',
    packets: Packets[protocol](prng, { version6, mayCut: method !== 'i' }).filter(
      (word) => !answersThrough || !isLastHop(word),
    ),
  }));
  return {
    name: `run-${index}-${protocol}${version6 ? 6 : 4}-${method}`,
    rules: [`-A ${service} -s ${pick(prng, Schedulers)}${persistence}`, ...added],
    virtualAddress,
    guestAddress: `${network}1/${version6 ? 64 : 24}`,
    servers,
    turns: shuffle(prng, flows),
  };
}

/**
 * True for a server's packet that ends at the director. One that comes from the virtual address gets no error of ours; the
 * kernel's would be for itself, and passes through IPVS to the server as if it were a client's.
 */
const isLastHop = (word: string): boolean => word.startsWith('<') && word.endsWith('@1');

/** The packets of all flows, each flow's in its order. */
function shuffle(prng: Prng, flows: readonly Flow[]): Turn[] {
  const left = flows.map((flow) => flow.packets.map((word) => ({ flow, word })));
  const turns: Turn[] = [];
  for (;;) {
    const open = left.filter((words) => words.length > 0);
    if (open.length === 0) return turns;
    turns.push(...pick(prng, open).splice(0, 1));
  }
}

const randomPersistence = (prng: Prng, version6: boolean): string =>
  ` -p ${60 + prng.below(600)}${chance(prng, 50) ? '' : version6 ? ' -M 64' : ' -M 255.255.255.0'}`;

/** What the packets of a flow may be like. */
interface Kind {
  readonly version6: boolean;
  /** A tunnel's packet is cut by us and reassembled before by a kernel: what comes out is the same at the server only. */
  readonly mayCut: boolean;
}

const Segments = ['A', 'A', 'PA', 'PA', 'FA', 'R', 'RA', 'S', 'SA', 'F', 'P', 'U'];

/** A handshake, perhaps whole, and then whatever comes: also what no sound host would send. */
function tcpPackets(prng: Prng, kind: Kind): string[] {
  const opening = chance(prng, 80) ? ['>S', '<SA', '>A'] : ['>S'];
  const rest = Array.from({ length: prng.below(14) }, () => randomPacket(prng, kind, Segments));
  return [...opening, ...rest];
}

const udpPackets = (prng: Prng, kind: Kind): string[] => [
  '>D',
  ...Array.from({ length: prng.below(10) }, () => randomPacket(prng, kind, ['D'])),
];

/** DATA and SACK, and now and then each of the others, one of them unknown (RFC 9260 §3.2). */
const Chunks = [0, 0, 3, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 14, 63].map((type) => `C${type}`);

function sctpPackets(prng: Prng, { version6 }: Kind): string[] {
  const opening = chance(prng, 80) ? ['>C1', '<C2', '>C10', '<C11'] : ['>C1'];
  const kind = { version6, mayCut: false };
  const rest = Array.from({ length: prng.below(14) }, () => randomPacket(prng, kind, Chunks));
  return [...opening, ...rest];
}

const Packets = { tcp: tcpPackets, udp: udpPackets, sctp: sctpPackets } as const;

/** Payloads around what fits into a link's packet, and into one with a tunnel's header. */
const Sizes = [
  0, 1, 2, 100, 536, 1_300, 1_400, 1_411, 1_412, 1_413, 1_419, 1_420, 1_421, 1_440, 1_441, 1_460,
];
const LargestPayload = { ipv4: 1_460, ipv6: 1_440 } as const;
const Ttls = [1, 2, 3, 255];

const PieceSizes = [576, 1_000, 1_400];
const CutPayloads = [600, 1_400, 3_000, 8_000];

/** Of more fragments than eight that come before the first one we keep none (director/core/held-fragments.ts). */
const LongestBackwards = 3_000;

function randomPacket(prng: Prng, { version6, mayCut }: Kind, words: readonly string[]): string {
  const direction = chance(prng, 60) ? '>' : '<';
  const ttl = chance(prng, 10) ? `@${pick(prng, Ttls)}` : '';
  if (chance(prng, 10)) return `${direction}I${pick(prng, version6 ? [1, 4] : [1, 3])}${ttl}`;
  const word = `${direction}${pick(prng, words)}`;
  // With all hops: of fragments that end at the director a kernel quotes the whole packet in its error.
  if (mayCut && chance(prng, 15)) {
    const length = pick(prng, CutPayloads);
    const isBackwards = length <= LongestBackwards && chance(prng, 30);
    return `${word}/${length}~${isBackwards ? '-' : ''}${pick(prng, PieceSizes)}`;
  }
  const most = version6 ? LargestPayload.ipv6 : LargestPayload.ipv4;
  const size = chance(prng, 30) ? `/${Math.min(pick(prng, Sizes), most)}` : '';
  return `${word}${size}${ttl}`;
}
