import { instant, type Instant } from '../../director/base/time.js';
import { finishChecksums } from './checksums.js';
import { placeMarks } from './clock.js';
import { comparePackets, type SentPacket } from './compare-packets.js';
import { compareConnections, compareServices } from './compare-tables.js';
import { recordedMarks, recordedTunnels } from './configuration.js';
import { macText, readIpHeader, type RecordedPacket } from './frame.js';
import { answerTo, isDiscovery, macBytes } from './neighbour-answers.js';
import { listConnections, listServices } from './our-tables.js';
import { ReplayedDirector, type DirectorPlan } from './replayed-director.js';
import type { Mark } from './scenario-text.js';
import type { Scenario } from './scenario.js';
import type { ListedService } from './service-listing.js';
import { ToldEntries } from './told-entries.js';
import { readTopology, type Side, type Topology } from './topology.js';

/** What a recording has to say to our director, in the order in which things happened. */
export interface ReplayPlan {
  readonly scenario: Scenario;
  readonly topology: Topology;
  readonly director: DirectorPlan;
  /** Packets that came to the recorded director, in order. */
  readonly arrivals: readonly Arrival[];
  /** Packets that it sent, in order. */
  readonly recorded: readonly SentPacket[];
  /** The time of each mark, in microseconds since 1970. */
  readonly markTimes: readonly number[];
  readonly assumptions: readonly string[];
}

interface Arrival {
  readonly side: number;
  readonly packet: RecordedPacket;
}

/** How our director compares with the recorded one. */
export interface ReplayResult {
  /** Packets that left as they did in the recording, of those that did. */
  readonly equalPackets: number;
  readonly recordedPackets: number;
  readonly differences: readonly string[];
  readonly notes: readonly string[];
}

/** Reads a recording as a plan for our director. */
export function planReplay(scenario: Scenario): ReplayPlan {
  const topology = readTopology(scenario);
  const { sides, virtualAddresses } = topology;
  const assumptions = [...topology.assumptions];
  const packets = sides.flatMap((side, index) =>
    side.packets.map((packet) => ({ side: index, packet })),
  );
  // By time, and where that is equal by side: what a director sends never precedes its cause.
  packets.sort((left, right) => left.packet.at - right.packet.at);
  return {
    scenario,
    topology,
    director: {
      sides,
      virtualAddresses,
      marks: recordedMarks(scenario, topology, assumptions),
      tunnels: recordedTunnels(topology),
      capacity: packets.length * 2 + 64,
    },
    arrivals: packets.filter(({ side, packet }) => packet.destinationMac === sides[side]?.mac),
    recorded: packets
      .filter(({ side, packet }) => packet.sourceMac === sides[side]?.mac)
      .map(({ side, packet }) => recordedSending(side, packet)),
    markTimes: timesOfMarks(scenario, sides, assumptions),
    assumptions,
  };
}

/** A listing's order of servers is replaced by this one, for each service by its name. */
export type ServerOrder = (listing: readonly ListedService[]) => readonly ListedService[];

/** Plays a recording to our director and compares what it does. */
export function replay(plan: ReplayPlan, order: ServerOrder): ReplayResult {
  const { scenario, arrivals, recorded, markTimes } = plan;
  const start = Math.min(arrivals[0]?.packet.at ?? Infinity, ...markTimes);
  const clock = (at: number): Instant => instant(at - start + 1_000_000);
  const sent: SentPacket[] = [];
  const stage = new Stage(plan, sent);
  const { marks } = scenario;
  stage.director.configure(order(marks[0]?.master.services ?? []));

  const differences: string[] = [];
  const notes: string[] = [];
  let next = 0;
  for (const [index, mark] of marks.entries()) {
    const time = markTimes[index] ?? Infinity;
    for (; (arrivals[next]?.packet.at ?? Infinity) <= time; next += 1) {
      stage.receive(arrivals[next], clock);
    }
    stage.director.wait(clock(time));
    const name = `mark ${index + 1} (${mark.text})`;
    differences.push(...compareTables(stage.director, mark).map((line) => `${name}: ${line}`));
    notes.push(...stage.compareBackup(mark).map((line) => `${name}: ${line}`));
    const following = marks[index + 1];
    if (following !== undefined) stage.director.configure(order(following.master.services));
  }
  for (; next < arrivals.length; next += 1) stage.receive(arrivals[next], clock);

  const causes = arrivals.map(({ side, packet }) => ({ side, ...packet }));
  const packets = comparePackets(sent, recorded, causes);
  return {
    equalPackets: packets.equal,
    recordedPackets: recorded.length,
    differences: [...packets.differences, ...differences],
    notes: [...packets.notes, ...notes],
  };
}

/** Our director with the recorded hosts around it. */
class Stage {
  readonly director: ReplayedDirector;
  readonly #sides: readonly Side[];
  readonly #sent: SentPacket[];
  readonly #answers: { readonly side: number; readonly frame: Uint8Array }[] = [];
  readonly #told = new ToldEntries();
  #cause: Arrival | undefined;

  constructor(plan: ReplayPlan, sent: SentPacket[]) {
    this.#sides = plan.topology.sides;
    this.#sent = sent;
    this.director = new ReplayedDirector(plan.director, instant(0), (side, frame) =>
      this.#send(side, frame),
    );
  }

  receive(arrival: Arrival | undefined, clock: (at: number) => Instant): void {
    if (arrival === undefined) return;
    const { side, packet } = arrival;
    this.director.wait(clock(packet.at));
    this.#cause = arrival;
    this.director.receive(side, frameOf(packet));
    // A question may bring up another one, but hardly a hundred.
    for (let turn = 0; turn < 100; turn += 1) {
      const answer = this.#answers.shift();
      if (answer === undefined) break;
      this.director.receive(answer.side, answer.frame);
    }
    this.#told.listen(this.director.director, this.director.now);
  }

  /** What a recorded backup knew otherwise than one that heard our director: told, but no difference of forwarding. */
  compareBackup({ backup }: Mark): string[] {
    const { connections } = backup;
    return connections === undefined ? [] : this.#told.compare(connections, this.director.now);
  }

  #send(side: number, frame: Uint8Array): void {
    const neighbours = this.#sides[side]?.neighbours ?? new Map();
    if (isDiscovery(frame)) {
      const answer = answerTo(frame, neighbours);
      if (answer !== undefined) this.#answers.push({ side, frame: answer });
      return;
    }
    const cause = this.#cause;
    if (cause === undefined) return;
    const { packet } = cause;
    const bytes = frame.slice(14);
    this.#sent.push({
      side,
      at: packet.at,
      name: `what we made of ${this.#sides[cause.side]?.name} packet ${packet.number}`,
      destinationMac: macText(frame.subarray(0, 6)),
      bytes: bytes.subarray(0, readIpHeader(bytes, 0)?.end ?? bytes.length),
      cause: packet.bytes,
    });
  }
}

/** The frame of a recorded packet, as it would have come over a wire. */
function frameOf({ destinationMac, sourceMac, bytes, header }: RecordedPacket): Uint8Array {
  const type = header.isIpv6 ? [0x86, 0xdd] : [0x08, 0x00];
  const addresses = [...macBytes(destinationMac), ...macBytes(sourceMac)];
  return Uint8Array.from([...addresses, ...type, ...finishChecksums(bytes)]);
}

const recordedSending = (side: number, packet: RecordedPacket): SentPacket => ({
  side,
  at: packet.at,
  name: `packet ${packet.number}`,
  destinationMac: packet.destinationMac,
  bytes: packet.bytes,
});

function compareTables({ director, now }: ReplayedDirector, mark: Mark): string[] {
  const { services, connections } = mark.master;
  const lines = compareServices(listServices(director), services);
  if (connections !== undefined) {
    lines.push(...compareConnections(listConnections(director, now), connections));
  }
  return lines;
}

/** Seconds. A mark's time beyond this is one since 1970, on the clock of the captures. */
const LongestUptime = 1_000_000_000;

function timesOfMarks(
  scenario: Scenario,
  sides: readonly Side[],
  assumptions: string[],
): readonly number[] {
  const { marks } = scenario;
  if (marks.every(({ time }) => time > LongestUptime)) {
    return marks.map(({ time }) => Math.round(time * 1_000_000));
  }
  const { offset, agreeing, known } = placeMarks(sides[0]?.packets ?? [], marks);
  if (offset !== undefined) {
    const last = marks.map(({ time }) => Math.round(time * 1_000_000) + offset);
    const witnesses = `${agreeing} of ${known} entries agree`;
    assumptions.push(`the marks are placed in time by their entries’ expiry: ${witnesses}`);
    return last;
  }
  assumptions.push('no entry shows when the marks were: they are placed after the last packet');
  const end = Math.max(...sides.map(({ packets }) => packets.at(-1)?.at ?? 0));
  const first = marks[0]?.time ?? 0;
  return marks.map(({ time }) => end + Math.round((time - first + 1) * 1_000_000));
}
