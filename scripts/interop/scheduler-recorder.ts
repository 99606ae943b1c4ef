import { isIpv6, type IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { endpointText } from '../oracle/endpoint.js';
import { Protocol, readIpHeader, type RecordedPacket } from '../oracle/frame.js';
import { clientOf, serverAddress, serverName } from '../oracle/scheduler-hosts.js';
import type { RecordedRun } from '../oracle/scheduler-recording.js';
import type { Bench } from './bench.js';
import { macOf, tcpPacket, TcpFlag, udpPacket, type Ends } from './frames.js';
import { GuestInterface } from './guest-init.js';
import type { Guest } from './guest.js';
import type { AddressFamily, Outside } from './outside.js';

/** A packet of which nothing has come is sent again: it may have been lost on its way, but not three times. */
const MostAttempts = 3;

/** Connections that are opened before the guest is waited for: far fewer packets than its queues hold. */
const BatchSize = 16;

/**
 * Plays one run of a recording in the real kernel and returns the servers that it chose, `r1`, `r2` … or `none`. The
 * servers are never there: which one was meant is written in the MAC address of what the kernel sends on.
 */
export async function recordRun({ guest, outside }: Bench, run: RecordedRun): Promise<string[]> {
  const recorder = new Recorder(guest, outside, run);
  await recorder.prepare();
  const choices: string[] = [];
  while (choices.length < run.choices.length) {
    const first = choices.length;
    await recorder.edit(first);
    let next = first + 1;
    while (next < run.choices.length && next < first + BatchSize && !run.edits.has(next)) next += 1;
    choices.push(...(await recorder.connect(first, next)));
  }
  return choices;
}

class Recorder {
  readonly #guest: Guest;
  readonly #outside: Outside;
  readonly #run: RecordedRun;
  readonly #service: string;
  readonly #family: AddressFamily;
  /** The names of the servers by MAC address. */
  readonly #names = new Map<string, string>();

  constructor(guest: Guest, outside: Outside, run: RecordedRun) {
    this.#guest = guest;
    this.#outside = outside;
    this.#run = run;
    const { virtualAddress: address, port } = run;
    this.#service = `-${run.protocol === 'tcp' ? 't' : 'u'} ${endpointText({ address, port })}`;
    this.#family = isIpv6(address) ? 'ipv6' : 'ipv4';
  }

  /**
   * Makes the service, the only one there is. The servers are permanent neighbours, so that no packet has to wait for
   * their address.
   */
  async prepare(): Promise<void> {
    const { virtualAddress, scheduler, options, weights, port } = this.#run;
    const added = weights.map((weight, index) => {
      const endpoint = endpointText({ address: serverAddress(this.#run, index), port });
      return `-a ${this.#service} -r ${endpoint} -g -w ${weight}`;
    });
    const neighbours = this.#servers().map((server) => {
      const lladdr = `lladdr ${macOf(server)} nud permanent`;
      return `neighbour replace ${server} ${lladdr} dev ${GuestInterface}`;
    });
    const rules = ['-C', `-A ${this.#service} -s ${scheduler} ${options}`, ...added];
    await this.#guest.run(
      script([`address replace ${virtualAddress} dev lo`, ...neighbours], 'ip -batch -') +
        script(rules, 'ipvsadm -R'),
    );
  }

  /** Carries out the commands that come before the connection of a number. */
  async edit(number: number): Promise<void> {
    const edits = this.#run.edits.get(number) ?? [];
    if (edits.length === 0) return;
    const commands = edits.map(({ command }) => this.#completed(command));
    await this.#guest.run(script(commands, 'ipvsadm -R'));
  }

  /** Opens the connections from one number up to another, which is not opened any more, and says who got them. */
  async connect(from: number, to: number): Promise<string[]> {
    const openings = Array.from({ length: to - from }, (_, index) => this.#opening(from + index));
    const answers = await this.#try(openings);
    for (let attempt = 1; attempt < MostAttempts; attempt += 1) {
      const left = openings.filter((opening) => !answers.has(nameOf(opening.ends)));
      if (left.length === 0) break;
      for (const [name, answer] of await this.#try(left)) {
        if (answer !== 'none') throw lost(this.#run);
        answers.set(name, answer);
      }
    }
    return openings.map(({ ends }) => answers.get(nameOf(ends)) ?? 'none');
  }

  #opening(number: number): Opening {
    const { virtualAddress, port, protocol, kind } = this.#run;
    const client = clientOf(this.#run, number);
    const ends: Ends = {
      source: client.address,
      sourcePort: client.port,
      destination: virtualAddress,
      destinationPort: port,
    };
    const isReset = kind === 'rst-even' && number % 2 === 0;
    return { ends, packets: protocol === 'tcp' ? tcpOpening(ends, isReset) : [datagram(ends)] };
  }

  /** Sends the packets and waits; the answers are by the client's name. */
  async #try(openings: readonly Opening[]): Promise<Map<string, string>> {
    this.#outside.take();
    for (const { ends, packets } of openings) {
      for (const packet of packets) this.#outside.send(packet, ends.source);
    }
    // The first answer to a client that the guest does not know yet waits for the client's MAC address.
    await this.#outside.barrier(this.#family);
    await this.#outside.barrier(this.#family);
    const answers = new Map<string, string>();
    for (const packet of this.#outside.take()) {
      const answer = this.#answer(packet);
      if (answer !== undefined && !answers.has(answer.client)) {
        answers.set(answer.client, answer.server);
      }
    }
    return answers;
  }

  /** What a packet of the guest says about a connection: who got it, or `none` when it was refused. */
  #answer(packet: RecordedPacket): { client: string; server: string } | undefined {
    const { header, bytes, destinationMac } = packet;
    const { virtualAddress } = this.#run;
    if (header.destination === virtualAddress) {
      const server = this.#names.get(destinationMac);
      if (server === undefined) throw unexpected(packet);
      return { client: nameOf(header), server };
    }
    const isIcmp = header.protocol === Protocol.icmp || header.protocol === Protocol.icmpv6;
    const quoted = isIcmp ? readIpHeader(bytes, header.payload + 8) : undefined;
    const isOurs = quoted !== undefined && quoted.destination === virtualAddress;
    return isOurs ? { client: nameOf(quoted), server: 'none' } : undefined;
  }

  /** All servers that the run will ever have, by name. */
  #servers(): IpAddress[] {
    const { weights, edits } = this.#run;
    const addresses = weights.map((_, index) => serverAddress(this.#run, index));
    for (const { address } of [...edits.values()].flat()) {
      if (!addresses.includes(address)) addresses.push(address);
    }
    for (const address of addresses) this.#names.set(macOf(address), serverName(address));
    return addresses;
  }

  #completed(command: string): string {
    return command.replace('{vs}', this.#service).replaceAll('{p}', String(this.#run.port));
  }
}

/** Gives all commands to one program: starting programs is what takes the guest long. */
const script = (commands: readonly string[], program: string): string =>
  `${program} <<'end' || exit\n${commands.join('\n')}\nend\n`;

/** A connection's first packets. */
interface Opening {
  readonly ends: Ends;
  readonly packets: readonly Uint8Array[];
}

const nameOf = ({ source, sourcePort }: Pick<Ends, 'source' | 'sourcePort'>): string =>
  `${source} ${sourcePort}`;

/** What a client sends who opens a connection; one that is reset has been open for a moment. */
function tcpOpening(ends: Ends, isReset: boolean): Uint8Array[] {
  const { syn, ack, rst } = TcpFlag;
  const packets = [
    tcpPacket(ends, { flags: syn, sequence: 1_000, acknowledgement: 0 }),
    tcpPacket(ends, { flags: ack, sequence: 1_001 }),
  ];
  return isReset ? [...packets, tcpPacket(ends, { flags: rst, sequence: 1_001 })] : packets;
}

const datagram = (ends: Ends): Uint8Array => udpPacket(ends, Uint8Array.from([0x68, 0x69]));

/** Order is all that matters in a run: one in which a packet was lost says nothing. */
const lost = ({ line }: RecordedRun): IoError =>
  new IoError({ code: 'guest' }, `a packet of run ${line} was lost on its way into the guest`);

const unexpected = ({ destinationMac, header }: RecordedPacket): IoError =>
  new IoError(
    { code: 'guest' },
    `the guest sent a packet for ${header.destination} to ${destinationMac}, which is no server`,
  );
