import type { Prng } from '../../director/base/prng.js';

/** The most bytes of a frame made here. */
export const LongestFrame = 2_000;
/** Where the IP header starts. */
const Ip = 14;
/** Values that are the first or last of their kind, as a 16-bit field. */
const Edges = [0, 1, 4, 7, 8, 19, 20, 39, 40, 0x7fff, 0x8000, 0xfffe, 0xffff];
const Protocols = [0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 132, 135];

/** A frame and the link that it comes by. */
export interface Arriving {
  readonly link: number;
  readonly frame: Uint8Array;
}

/**
 * Frames that nobody would send who means well, from a seed: bytes without any sense, and frames from a collection with
 * something wrong about them, or nothing. Each is to be used before the next is made: they share their memory.
 */
export class HostileFrames {
  readonly #random: Prng;
  readonly #collection: readonly Arriving[];
  readonly #macs: readonly Uint8Array[];
  readonly #frame = new Uint8Array(LongestFrame);
  readonly #view = new DataView(this.#frame.buffer);
  #length = 0;

  /** The collection may change from frame to frame. `macs` are the director's, by link. */
  constructor(random: Prng, collection: readonly Arriving[], macs: readonly Uint8Array[]) {
    this.#random = random;
    this.#collection = collection;
    this.#macs = macs;
  }

  next(): Arriving {
    const random = this.#random;
    let link = random.below(this.#macs.length);
    if (random.below(8) === 0) {
      this.#makeNoise(link);
    } else {
      const original = this.#collection[random.below(this.#collection.length)];
      if (original !== undefined && random.below(16) > 0) ({ link } = original);
      this.#mutate(original?.frame ?? new Uint8Array(60), link);
    }
    return { link, frame: this.#frame.subarray(0, this.#length) };
  }

  /** Every other time behind a header that lets it past the first checks. */
  #makeNoise(link: number): void {
    const random = this.#random;
    this.#length = random.below(LongestFrame + 1);
    this.#fill(0, this.#length);
    if (random.below(2) === 0) return;
    this.#frame.set(this.#macs[link] ?? new Uint8Array(6));
    const isIpv6 = random.below(3) === 0;
    this.#view.setUint16(12, random.below(8) === 0 ? 0x0806 : isIpv6 ? 0x86dd : 0x0800);
    this.#frame[Ip] = isIpv6 ? 0x60 : 0x45 + random.below(4);
    if (random.below(2) === 0) this.#stateLength(isIpv6);
    if (random.below(2) === 0) repairChecksums(this.#view, this.#length);
  }

  #mutate(original: Uint8Array, link: number): void {
    const random = this.#random;
    this.#length = Math.min(original.length, LongestFrame);
    this.#frame.set(original.subarray(0, this.#length));
    if (random.below(8) === 0) this.#frame.set(this.#macs[link] ?? new Uint8Array(6));
    // Some stay as they are, so that there are connections to do harm to.
    for (let left = random.below(4); left > 0; left -= 1) this.#change();
    const resized = random.below(10);
    if (resized === 0) this.#length = random.below(this.#length + 1);
    else if (resized === 1) this.#extend();
    if (random.below(4) > 0) repairChecksums(this.#view, this.#length);
  }

  /** One change: of a byte, a bit, a field's worth, the protocol, or all bytes from somewhere on. */
  #change(): void {
    const random = this.#random;
    const frame = this.#frame;
    if (this.#length < 44) return;
    // Behind the MAC addresses more often than not, for those that lead on; most of what matters stands early.
    const first = random.below(8) === 0 ? 0 : 12;
    const last = random.below(2) === 0 ? Math.min(this.#length, 90) : this.#length;
    const at = first + random.below(last - first - 1);
    switch (random.below(6)) {
      case 0:
        frame[at] = random.below(256);
        return;
      case 1:
        frame[at] = (frame[at] ?? 0) ^ (1 << random.below(8));
        return;
      case 2:
        this.#view.setUint16(at, Edges[random.below(Edges.length)] ?? 0);
        return;
      case 3:
        frame[this.#isIpv6() ? Ip + 6 : Ip + 9] = Protocols[random.below(Protocols.length)] ?? 0;
        return;
      case 4:
        frame.copyWithin(at, first + random.below(at - first + 1), this.#length);
        return;
      default:
        this.#view.setUint16(at, (this.#view.getUint16(at) + random.below(5) - 2) & 0xffff);
    }
  }

  /** Appends noise, told of in the IP header or not. */
  #extend(): void {
    const random = this.#random;
    const before = this.#length;
    this.#length = before + random.below(LongestFrame - before + 1);
    this.#fill(before, this.#length);
    if (random.below(2) === 0 && this.#length >= 54) this.#stateLength(this.#isIpv6());
  }

  #isIpv6(): boolean {
    return this.#view.getUint16(12) === 0x86dd;
  }

  /** Makes the IP header say the length that the frame has. */
  #stateLength(isIpv6: boolean): void {
    if (isIpv6) this.#view.setUint16(Ip + 4, Math.max(0, this.#length - Ip - 40));
    else this.#view.setUint16(Ip + 2, Math.max(0, this.#length - Ip));
  }

  #fill(start: number, end: number): void {
    let position = start;
    for (; position + 4 <= end; position += 4) {
      this.#view.setUint32(position, this.#random.uint32());
    }
    for (; position < end; position += 1) this.#frame[position] = this.#random.below(256);
  }
}

/**
 * Makes the checksums right that stand between a frame and the code behind them: of IPv4 headers, of ICMP and ICMPv6
 * messages, and of the IPv4 header that an ICMP error quotes. Frames too short for one are left as they are.
 */
export function repairChecksums(view: DataView, length: number): void {
  if (length < Ip + 28) return;
  if (view.getUint16(12) === 0x0800) {
    const transport = Ip + (view.getUint8(Ip) & 0x0f) * 4;
    const end = Math.min(length, Ip + view.getUint16(Ip + 2));
    repairHeader(view, Ip, length);
    if (view.getUint8(Ip + 9) !== 1 || end < transport + 8) return;
    repairHeader(view, transport + 8, end);
    repair(view, { field: transport + 2, start: transport, end, initial: 0 });
  } else if (view.getUint16(12) === 0x86dd && length >= Ip + 48 && view.getUint8(Ip + 6) === 58) {
    const start = Ip + 40;
    const end = Math.min(length, start + view.getUint16(Ip + 4));
    if (end < start + 8) return;
    const initial = sumOf(view, Ip + 8, start) + (end - start) + 58;
    repair(view, { field: start + 2, start, end, initial });
  }
}

/** The checksum of an IPv4 header, should there be one at `start`. */
function repairHeader(view: DataView, start: number, limit: number): void {
  if (start + 20 > limit || view.getUint8(start) >> 4 !== 4) return;
  const end = start + (view.getUint8(start) & 0x0f) * 4;
  if (end < start + 20 || end > limit) return;
  repair(view, { field: start + 10, start, end, initial: 0 });
}

interface Covered {
  /** Offset of the checksum in what it covers. */
  readonly field: number;
  readonly start: number;
  readonly end: number;
  readonly initial: number;
}

function repair(view: DataView, { field, start, end, initial }: Covered): void {
  view.setUint16(field, 0);
  const total = sumOf(view, start, end) + initial;
  view.setUint16(field, 0xffff - (total === 0 ? 0 : total % 0xffff || 0xffff));
}

/** The sum of the 16-bit words of [start, end), an odd last byte as the high half of one. */
export function sumOf(view: DataView, start: number, end: number): number {
  let total = 0;
  let position = start;
  for (; position + 2 <= end; position += 2) total += view.getUint16(position);
  return position < end ? total + view.getUint8(position) * 256 : total;
}
