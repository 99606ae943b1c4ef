import { randomBytes, randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

import { isIpv6, type IpAddress } from '../../../director/base/address.js';
import { IoError } from '../../../director/base/errors.js';
import { Prng } from '../../../director/base/prng.js';
import { earliest, Never, type Instant } from '../../../director/base/time.js';
import { HopSocket, type HopDatagram } from '../../../director/io/hop-socket.js';
import { loadLibc } from '../../../director/io/libc.js';
import type { BfdInstanceConfig } from '../../config/checker-config.js';
import { isSame } from '../../config/equality.js';
import { decodeBfd, encodeBfd } from '../../health/bfd-packet.js';
import { BfdSession } from '../../health/bfd-session.js';
import { now } from '../clock.js';
import { DeadlineTimer } from '../deadline-timer.js';

/** RFC 5881 §4: control packets go to this port, from one of those. */
const Port = 3_784;
const FirstSourcePort = 49_152;
const LastSourcePort = 65_535;
/** How often a source port is tried, before the environment is to blame. */
const MostTries = 16;

type Follower = (isUp: boolean, reason: string) => void;

interface Running {
  readonly config: BfdInstanceConfig;
  readonly session: BfdSession;
  readonly socket: Socket;
  /** Of the instance's name, over reloads. */
  readonly followers: ReadonlySet<Follower>;
}

/**
 * The BFD sessions of a node (`bfd_instance`), each with a socket that it sends by; one socket of each family receives for
 * all. What has passed more routers than `max_hops` allows is not listened to (RFC 5082, RFC 5881 §5).
 */
export class BfdPlane {
  /** Datagrams that were no control packet, of nobody's neighbour, or from too far away. */
  rejected = 0;
  readonly #prng = new Prng(randomBytes(4).readUInt32LE());
  readonly #receivers = new Map<'ipv4' | 'ipv6', HopSocket>();
  readonly #running = new Map<string, Running>();
  readonly #followers = new Map<string, Set<Follower>>();
  readonly #timer = new DeadlineTimer(() => this.#serve());
  #isClosed = false;

  /** Begins the sessions of these instances, and ends all others. Throws an `IoError` when a port cannot be had. */
  async follow(configs: readonly BfdInstanceConfig[]): Promise<void> {
    for (const [name, running] of this.#running) {
      if (configs.some((config) => isSame(config, running.config))) continue;
      this.#end(running);
      this.#running.delete(name);
    }
    for (const config of configs) {
      if (!this.#running.has(config.name)) await this.#begin(config);
    }
    this.#serve();
  }

  isUp(name: string): boolean {
    return this.#running.get(name)?.session.isUp === true;
  }

  /** Tells how a session is, now and whenever that changes, until the answer is called. */
  watch(name: string, follower: Follower): () => void {
    const followers = this.#followersOf(name);
    followers.add(follower);
    if (this.isUp(name)) follower(true, '');
    return () => followers.delete(follower);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.close();
    for (const running of this.#running.values()) this.#end(running);
    for (const socket of this.#receivers.values()) socket.close();
  }

  #followersOf(name: string): Set<Follower> {
    const followers = this.#followers.get(name) ?? new Set();
    this.#followers.set(name, followers);
    return followers;
  }

  async #begin(config: BfdInstanceConfig): Promise<void> {
    const family = isIpv6(config.neighbour) ? 'ipv6' : 'ipv4';
    if (!this.#receivers.has(family)) {
      const libc = await loadLibc();
      const receiver = new HopSocket(libc, family, Port, (datagram) => this.#take(datagram));
      this.#receivers.set(family, receiver);
    }
    const socket = await openSender(family === 'ipv6' ? 'udp6' : 'udp4', config);
    const session = new BfdSession(config, this.#prng.split());
    const followers = this.#followersOf(config.name);
    this.#running.set(config.name, { config, session, socket, followers });
    session.start(now());
  }

  #take({ bytes, source, hopLimit }: HopDatagram): void {
    const packet = decodeBfd(bytes);
    const running = [...this.#running.values()].find(({ config }) => config.neighbour === source);
    if (packet === undefined || running === undefined || isTooFar(running.config, hopLimit)) {
      this.rejected += 1;
      return;
    }
    running.session.handlePacket(now(), packet);
    this.#serve();
  }

  #serve(): void {
    if (this.#isClosed) return;
    let next: Instant = Never;
    for (const running of this.#running.values()) {
      const { session } = running;
      const at = now();
      if (session.deadline <= at) session.handleDeadline(at);
      applyEffects(running);
      next = earliest(next, session.deadline);
    }
    this.#timer.set(next);
  }

  #end(running: Running): void {
    running.session.stop();
    applyEffects(running);
    // What has just been sent is still on its way out.
    setImmediate(() => running.socket.close());
  }
}

/** True for what has passed more routers than may be between; the neighbour sends with the same hop limit as we. */
const isTooFar = (
  { hopLimit: sent, maximumHops }: BfdInstanceConfig,
  arrived: number | undefined,
): boolean => maximumHops >= 0 && arrived !== undefined && sent - arrived > maximumHops;

function applyEffects({ session, socket, config, followers }: Running): void {
  for (const effect of session.effects.splice(0)) {
    if (effect.kind === 'send') {
      // A packet that cannot be sent is missed by the neighbour, which is what it is for.
      socket.send(encodeBfd(effect.packet), Port, config.neighbour, () => {});
    } else for (const follower of followers) follower(effect.isUp, effect.reason);
  }
}

async function openSender(
  family: 'udp4' | 'udp6',
  { source, hopLimit }: BfdInstanceConfig,
): Promise<Socket> {
  for (let tries = 1; ; tries += 1) {
    const socket = createSocket(family);
    try {
      await bound(socket, randomInt(FirstSourcePort, LastSourcePort + 1), source);
      socket.setTTL(hopLimit);
      return socket;
    } catch (error) {
      if (tries === MostTries) throw error;
    }
  }
}

/** Binds a socket, or closes it and throws an `IoError`. */
async function bound(
  socket: Socket,
  port: number,
  address: IpAddress | undefined,
): Promise<Socket> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address }, resolve);
    });
  } catch (cause) {
    socket.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'bfd' }, `cannot use UDP port ${port} for BFD: ${reason}`, { cause });
  }
  socket.removeAllListeners('error');
  socket.on('error', () => {});
  return socket;
}
