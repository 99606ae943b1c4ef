/** Extension headers by their protocol numbers (RFC 8200 §4, RFC 4302, IANA). */
export const Extension = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  noNextHeader: 59,
  destinationOptions: 60,
} as const;

/** Byte offsets from the start of an extension header (RFC 8200 §4). */
const Field = {
  nextHeader: 0,
  length: 1,
  routingSegmentsLeft: 3,
  fragmentOffset: 2,
  fragmentIdentification: 4,
} as const;

const FragmentHeaderLength = 8;

/** The most extension headers that a packet may have: more only cost time. */
export const MostHeaders = 8;

/** Where a walk over extension headers stands; a `Flow` is one. */
export interface HeaderChain {
  /** The protocol number of the header at `transport`. */
  protocol: number;
  transport: number;
  fragmentId: number;
  /** In bytes. */
  fragmentOffset: number;
  moreFragments: boolean;
}

/**
 * Moves `chain`, which stands at the first header behind the fixed one, to the first that is no extension header; in a
 * later fragment to what stands behind the fragment header, for there are no headers there. Returns false when a header
 * is cut off or there are too many. A routing header with segments left ends the walk: the packet is not at its
 * destination yet (and carries a pseudo-header with another address).
 */
export function walk(view: DataView, end: number, chain: HeaderChain): boolean {
  for (let count = 0; count <= MostHeaders; count += 1) {
    if (!isExtension(chain.protocol)) return true;
    const header = chain.transport;
    if (end - header < 8) return false;
    if (isUnfinishedRoute(view, chain)) return true;
    const length = headerLength(view, chain);
    if (length > end - header) return false;
    if (chain.protocol === Extension.fragment) readFragment(view, chain);
    chain.protocol = view.getUint8(header + Field.nextHeader);
    chain.transport = header + length;
    if (chain.fragmentOffset !== 0) return true;
  }
  return false;
}

const isExtension = (protocol: number): boolean =>
  protocol === Extension.hopByHop ||
  protocol === Extension.routing ||
  protocol === Extension.fragment ||
  protocol === Extension.authentication ||
  protocol === Extension.destinationOptions;

const isUnfinishedRoute = (view: DataView, chain: HeaderChain): boolean =>
  chain.protocol === Extension.routing &&
  view.getUint8(chain.transport + Field.routingSegmentsLeft) !== 0;

function headerLength(view: DataView, chain: HeaderChain): number {
  if (chain.protocol === Extension.fragment) return FragmentHeaderLength;
  const units = view.getUint8(chain.transport + Field.length);
  // The authentication header counts in words less two (RFC 4302 §2.2), the others in eight bytes less one.
  return chain.protocol === Extension.authentication ? (units + 2) * 4 : (units + 1) * 8;
}

function readFragment(view: DataView, chain: HeaderChain): void {
  const field = view.getUint16(chain.transport + Field.fragmentOffset);
  chain.fragmentOffset = field & 0xfff8;
  chain.moreFragments = (field & 1) !== 0;
  chain.fragmentId = view.getUint32(chain.transport + Field.fragmentIdentification);
}
