import { closeSync, openSync } from 'node:fs';

import {
  addressInMap,
  assemble,
  atomicAdd,
  compute,
  compute32,
  exit,
  jumpIf,
  label,
  load,
  R0,
  R1,
  R2,
  R3,
  type Line,
} from '../../../director/bpf/assembler.js';
import { Context } from '../../../director/bpf/traffic-hook.js';
import { loadLibc, type Libc } from '../../../director/io/libc.js';
import type { MappedMemory } from '../../../director/io/mapped-memory.js';
import { Bpf, ProgramType } from '../../../director/offload/bpf.js';
import type { HookName } from '../../../director/offload/kernel-offload.js';
import type { Namespace } from './namespace.js';

/** What frames of the flood look like when they come to the server, as words in the order of the frame. */
export interface FloodFrame {
  readonly destination: number;
  readonly port: number;
  readonly udpLength: number;
}

/** Where the sink is, as its program sees it: fields of the context, and `TCX_DROP` and `TCX_NEXT`, or `XDP_DROP` and `XDP_PASS`. */
const Hooks = {
  traffic: { data: Context.data, dataEnd: Context.dataEnd, drop: 2, pass: -1 },
  xdp: { data: 0, dataEnd: 4, drop: 1, pass: 2 },
} as const;
const NetworkNamespace = 0x4000_0000;
const Ipv4 = 0x0008;
const ShortestHeader = 0x45;
const Udp = 17;
const HeaderLength = 42;
/** Offsets in a frame. */
const At = {
  type: 12,
  version: 14,
  protocol: 23,
  destination: 30,
  port: 36,
  udpLength: 38,
} as const;

/**
 * Where the flood ends: a program at the ingress of traffic control on the server's link counts the frames that are right and drops
 * all of them, where the server's network stack would begin. It is the same for all forwarders but one. An XDP program would not
 * be: the link hands it frames that came as XDP frames as they are, and copies those that a packet socket has sent, because they
 * have no room before them. No server gets its frames like that, unless it takes what another has sent on by XDP; so behind that
 * one the sink is a program of XDP.
 */
export class FloodSink {
  readonly #libc: Libc;
  readonly #bpf: Bpf;
  readonly #programs: Readonly<Record<HookName, number>>;
  readonly #count: MappedMemory;
  readonly #server: Namespace;
  #link: number | undefined;
  #taken = 0n;

  private constructor(libc: Libc, server: Namespace, frame: FloodFrame) {
    this.#libc = libc;
    this.#server = server;
    this.#bpf = new Bpf(libc);
    const mapFd = this.#bpf.createTable(8, 'bench_count');
    this.#count = this.#bpf.map(mapFd, 8);
    const load = (hook: HookName): number =>
      this.#bpf.load(ProgramType[hook], assemble(program(hook, mapFd, frame)), 'bench_sink');
    this.#programs = { traffic: load('traffic'), xdp: load('xdp') };
    this.#bpf.close(mapFd);
  }

  static async make(server: Namespace, frame: FloodFrame): Promise<FloodSink> {
    return new FloodSink(await loadLibc(), server, frame);
  }

  /** Puts the program on the link. The kernel looks for it in the namespace that this process is in. */
  open(hook: HookName): void {
    const setns = this.#libc.koffi.load(null).func('int setns(int, int)');
    const [ours, theirs] = ['self', String(this.#server.holder)].map((process) =>
      openSync(`/proc/${process}/ns/net`, 'r'),
    );
    try {
      if (setns(theirs, NetworkNamespace) !== 0) throw new Error('the namespace cannot be entered');
      const device = this.#libc.if_nametoindex('eth0');
      const { traffic, xdp } = this.#programs;
      this.#link =
        hook === 'xdp'
          ? this.#bpf.attachXdp(xdp, device)
          : this.#bpf.attachIngress(traffic, device);
    } finally {
      setns(ours, NetworkNamespace);
      for (const fd of [ours, theirs]) if (fd !== undefined) closeSync(fd);
    }
  }

  /** Frames that have come as they should since the last time. */
  take(): number {
    const all = Atomics.load(new BigUint64Array(this.#count.buffer), 0);
    const fresh = all - this.#taken;
    this.#taken = all;
    return Number(fresh);
  }

  close(): void {
    if (this.#link !== undefined) this.#bpf.close(this.#link);
    this.#link = undefined;
  }
}

const program = (hook: HookName, mapFd: number, frame: FloodFrame): Line[] => [
  load(4, R2, R1, Hooks[hook].data),
  load(4, R3, R1, Hooks[hook].dataEnd),
  compute(R0, '=', Hooks[hook].pass),
  compute(R1, '=', R2),
  compute(R1, '+=', HeaderLength),
  jumpIf(R1, '>', R3, 'end'),
  load(2, R1, R2, At.type),
  jumpIf(R1, '!=', Ipv4, 'end'),
  load(1, R1, R2, At.version),
  jumpIf(R1, '!=', ShortestHeader, 'end'),
  load(1, R1, R2, At.protocol),
  jumpIf(R1, '!=', Udp, 'end'),
  load(2, R1, R2, At.port),
  jumpIf(R1, '!=', swap16(frame.port), 'end'),
  compute(R0, '=', Hooks[hook].drop),
  load(4, R1, R2, At.destination),
  compute32(R3, '=', swap32(frame.destination)),
  jumpIf(R1, '!=', R3, 'end'),
  load(2, R1, R2, At.udpLength),
  jumpIf(R1, '!=', swap16(frame.udpLength), 'end'),
  ...addressInMap(R2, mapFd, 0),
  compute(R1, '=', 1),
  atomicAdd(R2, 0, R1),
  label('end'),
  exit(),
];

/** As a number that is loaded from the frame. */
const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);
const swap32 = (value: number): number => (swap16(value & 0xffff) << 16) | swap16(value >>> 16);
