import type { BenchDirector, BenchOptions, Link, Outcome, Sent } from './bench-director.js';
import { Mac } from './bench-director.js';
import { buildFrame, type FrameSpec } from './packet-builder.js';

/** One row of a table of packets: what comes in, what becomes of it, what goes out. */
export interface PacketCase {
  readonly description: string;
  readonly bench?: BenchOptions;
  /** What happened before; its frames are not looked at. */
  readonly before?: (bench: BenchDirector) => void;
  readonly arrival: Link;
  readonly packet: Uint8Array;
  readonly outcome: Outcome;
  readonly sent: readonly Sent[];
}

const DirectorMac: Readonly<Record<Link, string>> = {
  clients: Mac.director,
  servers: Mac.directorServers,
};

/** A frame from a client, or from its router, to the director. */
export const fromClient = (spec: FrameSpec, source: string = Mac.client): Uint8Array =>
  buildFrame({ ethernet: { source, destination: Mac.director }, ...spec });

/** A frame from a real server to the director. */
export const fromServer = (spec: FrameSpec, source: string = Mac.server3): Uint8Array =>
  buildFrame({ ethernet: { source, destination: Mac.directorServers }, ...spec });

/** A frame that the director sends to a host. */
export const sentTo = (link: Link, destination: string, spec: FrameSpec): Sent => ({
  link,
  frame: buildFrame({ ...spec, ethernet: { source: DirectorMac[link], destination } }),
});
