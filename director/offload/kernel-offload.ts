import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';

import { IoError } from '../base/errors.js';
import { assemble } from '../bpf/assembler.js';
import type { FlowHook } from '../bpf/flow-hook.js';
import { clockProgram, flowProgram, type ProgramParameters } from '../bpf/flow-program.js';
import { TrafficHook } from '../bpf/traffic-hook.js';
import { xdpHook } from '../bpf/xdp-hook.js';
import { placesFor, shapeOf } from '../core/flow-layout.js';
import type { Interface } from '../core/interfaces.js';
import type { FlowOffload, Offload, OffloadPlace } from '../core/offload.js';
import { NewOnesToo } from '../core/worth.js';
import type { Libc } from '../io/libc.js';
import type { MacAddress } from '../wire/ethernet.js';
import { Bpf, ProgramType } from './bpf.js';
import { TrafficWays, XdpWays, type WaysOut } from './ways-out.js';
import { XdpFeatures } from './xdp-features.js';

/** Where the program sees packets: at the ingress of traffic control, or in the interface's driver. */
export type HookName = 'traffic' | 'xdp';

/**
 * One of so many connections in the table may be carried, unless the configuration says otherwise, so that the default has
 * 131,072 places: 38 MB of the kernel's memory, which are taken at once. The others are forwarded from here.
 */
export const OffloadShare = 8;
/** How often it is looked how carried packets may leave. */
const LookMs = 1_000;
/** The loopback interface of every network namespace. */
const Loopback = 1;
const ShortestFrame = 14;

/** An interface whose packets the flow program sees first, until it is closed. */
export interface Attachment {
  close(): void;
}

/** The program on an interface, by its index in the director's list, and how many ports want it there. */
interface Link {
  readonly fd: number;
  readonly device: number;
  holders: number;
}

/**
 * The kernel's side of the offload: the table that it shares with an `Offload`, and the program. Nothing of it outlives the
 * process.
 */
export class KernelOffload implements FlowOffload {
  readonly bpf: Bpf;
  readonly place: OffloadPlace;
  readonly hook: HookName;
  readonly #parameters: Omit<ProgramParameters, 'arrival' | 'ownMacs'>;
  /** By index of an interface: where flows may leave. */
  readonly #devices: number[] = [];
  readonly #ways: WaysOut;
  #timer: NodeJS.Timeout | undefined;
  readonly #links = new Map<number, Link>();
  #machine: Offload | undefined;

  /** For so many carried connections, or a few more. Throws an `IoError` when the kernel refuses. */
  constructor(libc: Libc, mostCarried: number, hook: HookName = 'traffic') {
    this.bpf = new Bpf(libc);
    this.hook = hook;
    const records = 2 * placesFor(mostCarried);
    const seed = randomBytes(4).readUInt32LE();
    const { byteLength } = shapeOf(records);
    const mapFd = this.bpf.createTable(byteLength, 'baton_flows');
    this.#parameters = { mapFd, records, seed };
    const tickLength = tickLengthOf(libc);
    this.#ways = hook === 'xdp' ? new XdpWays(libc) : new TrafficWays(libc);
    this.place = {
      memory: this.bpf.map(mapFd, byteLength).buffer,
      records,
      seed,
      tickLength,
      clockOrigin: clockOrigin(this.bpf, tickLength),
      devices: this.#devices,
      whileRoomy: NewOnesToo,
    };
  }

  serve(machine: Offload): void {
    this.#machine = machine;
  }

  /** No packet that has arrived waits any more to be dealt with. */
  handleQuiet(): void {
    this.#machine?.install();
  }

  /**
   * A program for an interface, where this node may send from some virtual MAC addresses as well. Throws an `IoError` when the
   * kernel refuses, with what its verifier says.
   */
  load(
    { index, mac }: Pick<Interface, 'index' | 'mac'>,
    virtualMacs: readonly MacAddress[],
  ): number {
    const parameters = { ...this.#parameters, arrival: index, ownMacs: [mac, ...virtualMacs] };
    return loadFlowProgram(this.bpf, hookFor(this.hook, mac), parameters);
  }

  /**
   * Sees what comes in by an interface first. Flows may leave by it from now on. A port that takes the place of another is opened
   * first: they share the link, which has the program of the last one. Throws an `IoError` when the kernel refuses.
   */
  attach(arrival: Interface, device: number, virtualMacs: readonly MacAddress[]): Attachment {
    const { index } = arrival;
    const program = this.load(arrival, virtualMacs);
    const link = this.#linkOf(arrival, device, program);
    link.holders += 1;
    this.#links.set(index, link);
    this.#look();
    this.#timer ??= setInterval(() => this.#look(), LookMs).unref();
    return { close: () => this.#release(index, link) };
  }

  #release(index: number, link: Link): void {
    link.holders -= 1;
    if (link.holders > 0) return;
    this.bpf.close(link.fd);
    // Meanwhile it may be another device.
    if (this.#links.get(index) !== link) return;
    this.#links.delete(index);
    this.#devices[index] = 0;
    this.#machine?.revalidate();
    if (this.#links.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const [index, { device }] of this.#links) {
      const usable = this.#ways.of(device);
      const before = this.#devices[index] ?? 0;
      this.#devices[index] = usable;
      if (before !== usable && before !== 0) this.#machine?.revalidate();
    }
  }

  /** The link of an interface, with this program, which it keeps. */
  #linkOf(arrival: Interface, device: number, program: number): Link {
    try {
      const known = this.#links.get(arrival.index);
      if (known?.device !== device) {
        return { fd: this.#link(arrival, device, program), device, holders: 0 };
      }
      this.bpf.replace(known.fd, program);
      return known;
    } finally {
      this.bpf.close(program);
    }
  }

  #link({ name }: Interface, device: number, program: number): number {
    try {
      if (this.hook === 'traffic') return this.bpf.attachIngress(program, device);
      if (this.#ways.runsPrograms(device)) return this.bpf.attachXdp(program, device);
      throw new IoError({ code: 'bpf' }, 'its own driver runs no XDP programs');
    } catch (error) {
      if (!(error instanceof IoError) || this.hook !== 'xdp') throw error;
      throw new IoError(
        error.details,
        `${name} cannot be used by the driver xdp: ${error.message}`,
      );
    }
  }

  /** A file descriptor of a filter for sockets. */
  loadFilter(code: Uint8Array): number {
    return this.bpf.load(ProgramType.socketFilter, code, 'baton_ipv4');
  }
}

/** Throws an `IoError` that says what this machine, or this user, lacks for the offload at one of its hooks. */
export function tryOffload(libc: Libc, hook: HookName): void {
  const bpf = new Bpf(libc);
  const records = 64;
  const mapFd = bpf.createTable(shapeOf(records).byteLength, 'baton_try');
  const open = [mapFd];
  try {
    const program = loadFlowProgram(bpf, hookFor(hook, NoMac), {
      mapFd,
      records,
      seed: 1,
      arrival: 0,
      ownMacs: [NoMac],
    });
    open.push(program);
    // The loopback interface runs no XDP programs.
    if (hook === 'traffic') open.push(bpf.attachIngress(program, Loopback));
    new XdpFeatures(libc).close();
  } finally {
    for (const fd of open) bpf.close(fd);
  }
}

const NoMac: MacAddress = { high: 0, low: 0 };

const hookFor = (hook: HookName, mac: MacAddress): FlowHook =>
  hook === 'xdp' ? xdpHook(mac) : TrafficHook;

function loadFlowProgram(bpf: Bpf, hook: FlowHook, parameters: ProgramParameters): number {
  const type = hook === TrafficHook ? ProgramType.traffic : ProgramType.xdp;
  return bpf.load(type, assemble(flowProgram(hook, parameters)), 'baton_flows');
}

/** Microseconds of a tick of the kernel: its coarse clocks are as fine as that (clock_getres(2)). */
function tickLengthOf({ koffi }: Libc): number {
  const ask = koffi.load(null).func('int clock_getres(int, _Out_ uint8_t *)');
  const resolution = Buffer.alloc(16);
  if (ask(CoarseClock, resolution) !== 0) {
    throw new IoError({ code: 'bpf' }, 'the kernel does not say how long its ticks are');
  }
  return resolution.readUInt32LE(8) / 1_000;
}

/** CLOCK_MONOTONIC_COARSE. */
const CoarseClock = 6;

/** Microseconds that the clock of programs showed when that of this process, `performance.now()`, began; modulo 2^32 ticks. */
function clockOrigin(bpf: Bpf, tickLength: number): number {
  const program = bpf.load(ProgramType.traffic, assemble(clockProgram()), 'baton_clock');
  const { result } = bpf.run(program, new Uint8Array(ShortestFrame), new Uint8Array(0));
  const now = performance.now() * 1_000;
  bpf.close(program);
  return (result >>> 0) * tickLength - now;
}
